"""`zhida eval lint`: finds what is wrong with a gold set. Exit code 2 when there is an error, 0 with warnings only."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ui.commands.eval.told import WRONG, tell
from ui.commands.options import settings_of
from ui.console import as_json, note, printable, say

if TYPE_CHECKING:
    from eval.gold import GoldSet
    from index.library import Library
    from rag.settings import Settings

HELP = "检查评测集 find what is wrong with a gold set"
_SHOWN = {"error": "错误 error", "warning": "警告 warning", "note": "提示 note"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida eval lint`."""
    parser.add_argument("gold", type=Path, metavar="GOLD", help="评测集 gold set (.jsonl .csv .xlsx)")
    parser.add_argument(
        "--train",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="训练数据 training data with questions",
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Prints a line for each finding and their numbers."""
    # What is imported here loads the metrics; a mistake in the arguments is told without them.
    from eval.datasets import training_questions
    from eval.gold import GoldError
    from eval.gold_files import read_any
    from eval.lint import lint
    from rag.build import instructions_of
    from rag.prompt import system_prompt

    settings = settings_of(arguments)
    try:
        gold = read_any(arguments.gold)
        train = [question for file in arguments.train for question in training_questions(file)]
    except GoldError as error:
        return tell(error)
    library = _library(settings, gold, asked=arguments.home is not None)
    try:
        found = lint(gold, library, train, [system_prompt(instructions_of(settings))])
    finally:
        if library is not None:
            library.close()
    counts = {severity: sum(one.severity == severity for one in found) for severity in _SHOWN}
    if arguments.json:
        summary = {"gold": str(arguments.gold), "questions": len(gold.items), "hash": gold.hash, **counts}
        say(as_json({**summary, "library": library is not None, "findings": [asdict(one) for one in found]}))
    else:
        for one in found:
            say(
                f"{_SHOWN[one.severity]} · {printable(one.id or '-')} · {one.code} · {printable(one.message)}"
            )
        numbers = " · ".join(f"{_SHOWN[severity]} {count}" for severity, count in counts.items())
        say(f"{len(gold.items)} 题 questions · {numbers}")
    return WRONG if counts["error"] else 0


def _library(settings: Settings, gold: GoldSet, asked: bool) -> Library | None:
    """The library to look for the quotations in: the one asked for, or the usual one if it is about the same documents."""
    from eval.lint import knows
    from rag.build import open_library

    library = open_library(settings) if asked or (settings.home / "catalog.db").is_file() else None
    if library is not None and not asked and not knows(library, gold):
        library.close()
        library = None
    if library is None:
        note(
            "没有相应的资料库，引文未核对 no library of these documents: quotations were not looked for (--home DIR)"
        )
    return library
