"""`zhida restore`: the library as a backup holds it; what was there is kept to roll back to."""

from __future__ import annotations

import argparse
from pathlib import Path

from ui.commands.options import settings_of
from ui.console import say

HELP = "从备份恢复 bring a library back from a backup"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida restore`."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="`zhida backup` 写出的文件 what `zhida backup` wrote"
    )


def run(arguments: argparse.Namespace) -> int:
    """Restores, also into a folder where there is no library yet."""
    from index.care import (
        restore,
    )  # loads the library's packages, which a mistake in the arguments does not need
    from rag.build import open_library

    with open_library(settings_of(arguments), create=True, any_model=True) as library:
        made = restore(library, arguments.file)
    say(f"已恢复 restored: 文件 documents {made.documents} · 段落 passages {made.passages} · {made.created}")
    return 0
