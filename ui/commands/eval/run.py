"""`zhida eval run`: asks a gold set and says how good the answers are."""

from __future__ import annotations

import argparse
from pathlib import Path

from ui.commands.options import settings_of
from ui.console import say

HELP = "用评测集检验回答 measure the answers against a gold set"
NOTHING_EVALUATED = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida eval`."""
    commands = parser.add_subparsers(dest="eval_command", metavar="COMMAND", required=True)
    run_parser = commands.add_parser("run", help="提问并评分 ask and score", description=__doc__)
    run_parser.add_argument("gold", type=Path, metavar="GOLD", help="评测集 gold questions as JSON lines")
    # Also here, so that they may stand behind `run`; without a default, so as not to undo those before it.
    run_parser.add_argument(
        "--home", type=Path, metavar="DIR", default=argparse.SUPPRESS, help=argparse.SUPPRESS
    )
    run_parser.add_argument("--settings", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    run_parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="结果文件夹 where the run goes"
    )


def run(arguments: argparse.Namespace) -> int:
    """Asks every question, writes answers, scores and summary, prints the summary."""
    # These load what answers; a mistake in the arguments is told without them.
    from tqdm import tqdm

    from eval.gold import read_gold
    from eval.run import ask_all, score_all, table, write_run
    from rag.build import open_chatbot

    gold = read_gold(arguments.gold)
    if not gold:
        say("评测集里没有题目 no question in the gold set")
        return NOTHING_EVALUATED
    chatbot = open_chatbot(settings_of(arguments))
    with tqdm(total=sum(map(len, gold)), desc="评测 evaluating", unit="", disable=None) as bar:
        answers = ask_all(chatbot, gold, on_answer=lambda _: bar.update())
    scores = score_all(gold, answers)
    write_run(arguments.out, answers, scores)
    say(table(scores))
    return 0
