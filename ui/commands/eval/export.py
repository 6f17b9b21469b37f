"""`zhida eval export`: writes a gold set as a table for people, as canonical or as simple JSON lines."""

from __future__ import annotations

import argparse
from pathlib import Path

from ui.commands.eval.told import tell
from ui.console import complain, note, printable

HELP = "导出评测集 export a gold set as CSV, XLSX or JSON lines"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida eval export`."""
    parser.add_argument("gold", type=Path, metavar="GOLD", help="评测集 gold set (.jsonl .csv .xlsx)")
    parser.add_argument("out", type=Path, metavar="OUT", help="写到哪里 file to write (.csv .xlsx .jsonl)")
    parser.add_argument(
        "--form",
        choices=("canonical", "simple"),
        default="canonical",
        help="JSON Lines 的格式 form of JSON lines (canonical)",
    )
    parser.add_argument(
        "--lossy", action="store_true", help="简单格式装不下的就丢掉 drop what the simple form cannot hold"
    )
    parser.add_argument("--chinese", action="store_true", help="表头用中文 Chinese names of columns")


def run(arguments: argparse.Namespace) -> int:
    """Writes the file; with --lossy, says what was dropped."""
    # What reads tables is loaded after the arguments have been checked.
    from eval.gold import GoldError
    from eval.gold_files import losses, read_any, write_any, write_gold

    if arguments.form == "simple" and arguments.out.suffix != ".jsonl":
        complain("--form simple 只用于 .jsonl 文件 --form simple is for .jsonl files only")
        return 2
    try:
        gold = read_any(arguments.gold)
        if arguments.form == "simple":
            write_gold(gold, arguments.out, "simple", lossy=arguments.lossy)
        else:
            write_any(gold, arguments.out, chinese=arguments.chinese)
    except GoldError as error:
        return tell(error)
    if arguments.form == "simple":
        for item in gold.items:
            if lost := losses(item):
                note(f"警告 warning · {printable(item.id)} · 丢掉了 dropped: {', '.join(lost)}")
    note(f"已写入 wrote {printable(str(arguments.out))} · {len(gold.items)} 题 questions")
    return 0
