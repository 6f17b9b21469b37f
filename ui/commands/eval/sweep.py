"""`zhida eval sweep`: tries many settings on a gold set, chooses on dev, reports on test, writes zhida.toml."""

from __future__ import annotations

import argparse
from pathlib import Path

from ui.commands.eval.told import tell
from ui.commands.options import settings_of, whole_number
from ui.console import note, say

HELP = "在评测集上试多组设置并选出最好的 try many settings and choose the best"
MOST_PARALLEL = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida eval sweep`."""
    parser.add_argument("space", type=Path, metavar="SPACE.toml", help="要试的值 which values to try")
    parser.add_argument(
        "--gold", type=Path, required=True, metavar="GOLD", help="评测集 the gold set (.jsonl .csv .xlsx)"
    )
    parser.add_argument(
        "--documents",
        type=Path,
        nargs="+",
        required=True,
        metavar="PATH",
        help="文件或文件夹，按每种切分各建一个库 files and folders; a library is made for each way of splitting",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="结果文件夹 where the results go"
    )
    parser.add_argument(
        "--retrieval-only",
        action="store_true",
        help="只比检索，不作回答 compare retrieval only, ask for no answer",
    )
    parser.add_argument(
        "--parallel",
        type=whole_number(MOST_PARALLEL),
        default=1,
        metavar="N",
        help="同时问几题（耗时会受影响） questions asked at a time; latency suffers",
    )


def run(arguments: argparse.Namespace) -> int:
    """Sweeps and prints the table; finished parts of an earlier sweep into the same folder are not done again."""
    # These load what answers; a mistake in the arguments is told without them.
    from eval.gold import GoldError
    from eval.gold_files import read_any
    from eval.sweep import Sweep
    from eval.sweep_measure import AnswerMeasure, Libraries, RetrievalMeasure
    from eval.sweep_report import table, write_sweep
    from eval.sweep_space import read_space

    base = settings_of(arguments)
    space = read_space(arguments.space)
    try:
        gold = read_any(arguments.gold)
    except GoldError as error:
        return tell(error)
    out: Path = arguments.out
    libraries = Libraries(out / "libraries", arguments.documents, note)
    answers = AnswerMeasure(libraries, out / "runs", arguments.parallel)
    retrieval = RetrievalMeasure(libraries, out / "retrieval")
    try:
        result = Sweep(
            space, base, gold, retrieval, None if arguments.retrieval_only else answers, note
        ).run()
    finally:
        libraries.close()
    write_sweep(result, out)
    say(table(result))
    say(f"见 see: {out / 'zhida.toml'} · {out / 'pareto.svg'} · {out / 'sweep.json'}")
    return 0
