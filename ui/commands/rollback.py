"""`zhida rollback`: the library as it was before the last rebuild, restore or large sync."""

from __future__ import annotations

import argparse

from ui.commands.options import settings_of
from ui.console import say

HELP = "退回上次重建、恢复或大批更新之前 undo the last rebuild, restore or large sync"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`zhida rollback` takes none."""


def run(arguments: argparse.Namespace) -> int:
    """Goes back and says what is there now."""
    from index.care import (
        rollback,
    )  # loads the library's packages, which a mistake in the arguments does not need
    from rag.build import open_library

    with open_library(settings_of(arguments), any_model=True) as library:
        rollback(library)
        status = library.status()
    say(
        f"已退回 rolled back: 文件 documents {status.documents} · 段落 passages {status.passages}; "
        "再运行一次即可回到刚才 run it again to go forward"
    )
    return 0
