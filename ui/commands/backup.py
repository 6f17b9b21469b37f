"""`zhida backup`: the whole library in one file, while others search it."""

from __future__ import annotations

import argparse
from pathlib import Path

from ui.commands.options import settings_of
from ui.console import printable, say

HELP = "把整个资料库存成一个文件 write the whole library to one file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida backup`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="备份文件 the file, such as library.zip")


def run(arguments: argparse.Namespace) -> int:
    """Writes the backup and says what is in it."""
    from index.care import (
        backup,
    )  # loads the library's packages, which a mistake in the arguments does not need
    from rag.build import open_library

    with open_library(settings_of(arguments), any_model=True) as library:
        made = backup(library, arguments.file)
    size = arguments.file.stat().st_size / 1e6
    say(
        f"已备份 backed up: {printable(str(arguments.file))} · 文件 documents {made.documents} · "
        f"段落 passages {made.passages} · {size:.1f} MB"
    )
    if made.missing:
        say(f"原文件早已丢失 originals that were lost before: {len(made.missing)}")
    return 0
