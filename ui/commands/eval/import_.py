"""`zhida eval import`: makes a gold set of a table, of another form of file, or of a data set's folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from ui.commands.eval.told import tell
from ui.commands.options import whole_number
from ui.console import complain, note, printable

HELP = "导入评测集 import a gold set from CSV, XLSX or a data set"
_MOST = 10_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida eval import`."""
    parser.add_argument(
        "source",
        type=Path,
        metavar="SOURCE",
        help="表格、JSON Lines 或数据集文件夹 a table, JSON lines or a data set's folder",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="GOLD", help="写到哪里 the gold set to write (.jsonl)"
    )
    parser.add_argument(
        "--documents", type=Path, metavar="DIR", help="数据集的文档写到哪里 where a data set's documents go"
    )
    parser.add_argument(
        "--sample", type=whole_number(_MOST), metavar="N", help="抽取几题 how many questions to draw"
    )
    parser.add_argument(
        "--limit",
        type=whole_number(_MOST),
        metavar="N",
        help="最多写几篇文档 how many documents to write at most",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="抽样种子 seed of what is drawn (0)")


def run(arguments: argparse.Namespace) -> int:
    """Writes the gold set, and a data set's documents; says how much there is."""
    from eval.gold import GoldError

    folder = arguments.source.is_dir()
    given = [name for name in ("documents", "sample", "limit") if getattr(arguments, name) is not None]
    if given and not folder and arguments.source.exists():
        complain(
            f"--{given[0]} 只用于数据集文件夹 is for the folder of a data set only, not for {arguments.source}"
        )
        return 2
    if arguments.limit is not None and arguments.documents is None:
        complain("--limit 需要 --documents: --limit needs --documents DIR")
        return 2
    try:
        if folder or given:
            _import_dataset(arguments)
        else:
            _import_file(arguments)
    except GoldError as error:
        return tell(error)
    return 0


def _import_file(arguments: argparse.Namespace) -> None:
    from eval.gold import GoldError
    from eval.gold_files import read_any, write_any  # not needed to tell a wrong argument

    gold = read_any(arguments.source)
    if not gold.items:  # writing it would empty the gold set that is there
        raise GoldError(f"{arguments.source} 里没有题目 holds no question")
    write_any(gold, arguments.out)
    note(f"已写入 wrote {printable(str(arguments.out))} · {len(gold.items)} 题 questions")


def _import_dataset(arguments: argparse.Namespace) -> None:
    from eval.datasets import context_documents, gold_of, write_documents
    from eval.gold_files import write_any

    gold = gold_of(arguments.source, sample=arguments.sample, seed=arguments.seed)
    documents = ""
    if arguments.documents is not None:
        keep = context_documents(arguments.source, gold) if arguments.limit is not None else ()
        written = write_documents(
            *(arguments.source, arguments.documents), limit=arguments.limit, keep=keep, seed=arguments.seed
        )
        documents = f" · {printable(str(arguments.documents))} · {written} 篇文档 documents"
        if arguments.limit is not None and written > arguments.limit:
            documents += f"（所抽的题需要这么多 the questions need them, more than {arguments.limit}）"
    write_any(gold, arguments.out)
    note(f"已写入 wrote {printable(str(arguments.out))} · {len(gold.items)} 题 questions{documents}")
