"""A short, seeded round of what `make faults` does at full size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.shim import compiler

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        compiler() is None, reason="SKIPPED: no C compiler (cc or gcc), so no fault can be injected"
    ),
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "runs",
    [("kills", "writers"), ("points",), ("full", "eio", "tmpfs"), ("damage", "readers"), ("mutants",)],
    ids="+".join,
)
def test_nothing_is_lost_whatever_breaks(runs: tuple[str, ...]) -> None:
    asked = [option for run in runs for option in ((f"--{run}", "50") if run == "kills" else (f"--{run}",))]
    command = [sys.executable, "-m", "tests.faults", "--short", *asked]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert "0 violations" in run.stdout
