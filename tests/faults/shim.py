"""The library of faults.c: compiled on the spot, put before the C library, armed from here."""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

KILL, FULL, BROKEN = 1, 2, 3
SOURCE = Path(__file__).with_name("faults.c")
VARIABLE = "FAULTS_SHIM"


def compiler() -> str | None:
    """A C compiler, or None where the machine has none."""
    return shutil.which("cc") or shutil.which("gcc")


def run_again_with_faults() -> None:
    """Start this process anew with the shim before the C library, unless it is there already."""
    if os.environ.get(VARIABLE):
        return
    file = Path(tempfile.mkdtemp(prefix="zhida-faults-")) / "faults.so"
    subprocess.run([str(compiler()), "-shared", "-fPIC", "-O1", "-o", file, SOURCE, "-ldl"], check=True)
    environment = {**os.environ, VARIABLE: str(file), "LD_PRELOAD": str(file), "OMP_NUM_THREADS": "1"}
    os.execve(sys.executable, [sys.executable, "-m", "tests.faults", *sys.argv[1:]], environment)


def arm(at: int, kind: int) -> None:
    """Let the `at`-th file operation from now on fail as `kind` says; 0 as kind disarms, 0 as place only counts."""
    _library().faults_arm(ctypes.c_long(at), ctypes.c_int(kind))


def count() -> int:
    """File operations since the shim was armed, in this process or in the one that was forked last."""
    return int(_library().faults_count())


def count_apart() -> None:
    """Count for this process and those that it forks, apart from the one that it was forked from."""
    _library().faults_share()


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(os.environ[VARIABLE])
    library.faults_count.restype = ctypes.c_long
    return library
