"""The Makefile's first step, with interpreters that are not fit for it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]

# As Debian's python3 without python3-venv: it leaves an environment without pip behind.
NO_ENSUREPIP = """case "$1" in
-c) exit 0 ;;
-m) mkdir -p .venv/bin; touch .venv/bin/python; echo "ensurepip is not available"; exit 1 ;;
esac
"""
TOO_OLD = 'test "$1" != -c || exit 1\nmkdir -p .venv/bin; touch .venv/bin/python\n'


@pytest.mark.parametrize(
    ("script", "told"),
    [(NO_ENSUREPIP, "python3-venv"), (TOO_OLD, "Python 3.11")],
    ids=["no-ensurepip", "too-old"],
)
def test_an_unfit_python_is_told_and_leaves_nothing_behind(tmp_path, script, told):
    if shutil.which("make") is None:
        pytest.skip("SKIPPED: make is not installed")
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\n" + script, encoding="utf-8")
    python.chmod(0o755)
    # `make test` itself must not show through: it hands its own state to any make below it.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    command = ["make", "venv", "PYTHON=./python"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode != 0
    assert told in done.stdout.splitlines()[-1]
    assert not (tmp_path / ".venv").exists()
