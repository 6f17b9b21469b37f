"""`zhida eval approve`: moves drafts that a person has reviewed into the gold set."""

from __future__ import annotations

import argparse
from pathlib import Path

from ui.console import say

HELP = "把审核过的草稿放进评测集 move reviewed drafts into the gold set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida eval approve`."""
    parser.add_argument("drafts", type=Path, metavar="DRAFTS.jsonl", help="草稿文件 the file of drafts")
    parser.add_argument(
        "--id", nargs="+", required=True, dest="ids", metavar="ID", help="批准哪些 which of them"
    )
    parser.add_argument("--reviewer", required=True, metavar="NAME", help="审核人 who has reviewed them")
    parser.add_argument(
        "--into",
        type=Path,
        required=True,
        metavar="GOLD.jsonl",
        help="评测集，没有则新建 the gold set, made if need be",
    )


def run(arguments: argparse.Namespace) -> int:
    """Approves all of the given drafts or none."""
    from eval.drafts import approve  # brings the readers of text along, which `--help` needs not

    approved = approve(arguments.drafts, arguments.ids, arguments.reviewer, arguments.into)
    say(f"已批准 approved {len(approved)} → {arguments.into}")
    return 0
