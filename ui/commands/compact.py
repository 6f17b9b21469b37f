"""`zhida compact`: what was deleted is nowhere on disk any more."""

from __future__ import annotations

import argparse

from ui.commands.options import settings_of
from ui.console import say

HELP = "清除已删除的内容、收回空间 remove what was deleted from the disk for good"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`zhida compact` takes none."""


def run(arguments: argparse.Namespace) -> int:
    """Compacts and says how much room came back."""
    from index.care import (
        compact,
    )  # loads the library's packages, which a mistake in the arguments does not need
    from rag.build import open_library

    with open_library(settings_of(arguments)) as library:
        done = compact(library)
    say(f"已整理 compacted: {done.before / 1e6:.1f} MB → {done.after / 1e6:.1f} MB")
    return 0
