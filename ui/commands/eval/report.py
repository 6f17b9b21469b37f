"""`zhida eval report`: writes report.html, report.md and junit.xml of a run again, beside a baseline if one is given."""

from __future__ import annotations

import argparse
from pathlib import Path

from ui.console import say

HELP = "重写评测报告 write a run's report again"
NOTHING_EVALUATED = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run's folder, what it is held against, and where its questions can be asked again."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="评测结果文件夹 a run's folder")
    parser.add_argument(
        "--compare",
        type=Path,
        metavar="DIR2",
        help="作为基线的另一次评测 the run to compare with, as baseline",
    )
    parser.add_argument(
        "--intersect",
        action="store_true",
        help="题目不同也比，只比相同的题 compare the questions that both share",
    )
    parser.add_argument(
        "--gates", type=Path, metavar="FILE", help="门槛文件 gates to check and show (gates.toml)"
    )
    parser.add_argument(
        "--chat", default="", metavar="URL", help="对话页地址，题目里给出链接 address of a chat to link to"
    )


def run(arguments: argparse.Namespace) -> int:
    """Reads the run, compares and checks as asked, and says where the report is."""
    # Statistics load scipy; a mistake in the arguments is told without it.
    from eval.compare import compare
    from eval.gate import check, read_gates
    from eval.record import read_run
    from eval.report import checked_address, write_all

    chat = checked_address(arguments.chat)
    this = read_run(arguments.folder)
    baseline = read_run(arguments.compare) if arguments.compare else None
    if not this.scores:
        say(f"没有评分 nothing is scored: `zhida eval score {arguments.folder}`")
        return NOTHING_EVALUATED
    comparison = compare(baseline, this, arguments.intersect) if baseline else None
    gates = check(read_gates(arguments.gates), this, baseline) if arguments.gates else ()
    write_all(this, arguments.folder, comparison, gates, chat_url=chat)
    say(f"报告 report: {arguments.folder / 'report.html'}")
    return 0
