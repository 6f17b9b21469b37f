"""`make bench`, second part: the speed of libraries of several sizes, as a Markdown table and an SVG.

Each size is measured in a process of its own. Figures of one run compare with each other, not with those of another
machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from eval.speed.table import growth, markdown

SIZES = "1000,10000,50000"
LEAST = 500
"""Passages of a library whose indexing needs all tables of words and little for the text: what is constant."""


def main() -> int:
    """Measure, print the table, write the SVG."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=SIZES, help="passages, with commas between them")
    parser.add_argument(
        "--data", type=Path, help="text files or JSONL with a text a line, instead of made-up text"
    )
    parser.add_argument("--svg", type=Path, default=Path("build/growth.svg"))
    parser.add_argument("--questions", type=int, default=60)
    arguments = parser.parse_args()
    if arguments.data is not None and not arguments.data.exists():
        parser.error(f"没有这个路径 no such path: {arguments.data}")
    measured = []
    constant = _in_process(LEAST, arguments.data, 1)["peak_mb"]
    for size in sorted(int(size) for size in arguments.sizes.split(",")):
        print(f"{size:,} 段 passages …", file=sys.stderr, flush=True)
        figures = _in_process(size, arguments.data, arguments.questions)
        measured.append({**figures, "constant_mb": constant})
    print(markdown(measured))
    arguments.svg.parent.mkdir(parents=True, exist_ok=True)
    arguments.svg.write_text(growth(measured), encoding="utf-8")
    print(f"\n增长图 growth: {arguments.svg}")
    return 0


def _in_process(size: int, data: Path | None, questions: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "eval.speed.measure", "--passages", str(size)]
        command += ["--work", folder, "--questions", str(questions)]
        command += ["--data", str(data.resolve())] if data is not None else []
        # One thread for BLAS: its threads spin while they wait, and that would be counted.
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return figures


if __name__ == "__main__":
    sys.exit(main())
