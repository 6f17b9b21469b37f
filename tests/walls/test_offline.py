"""Indexing, asking and serving where the network ends at this machine: nothing is missed, nothing waits for a time-out."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

ROOT = Path(__file__).parent.parent.parent


def test_the_product_needs_no_network(tmp_path):
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("SKIPPED: no unshare (Linux, util-linux), so no network without a route")
    alone = [unshare, "-rn"]
    tried = subprocess.run([*alone, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"SKIPPED: this machine lets nobody make a network of his own: {tried.stderr.strip()}")
    command = [*alone, sys.executable, "-m", "tests.walls.offline", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["outside"] is False
    assert (told["page"], told["metrics"], told["ask"]) == (200, 200, 0)
    assert "家" in told["answer"]
