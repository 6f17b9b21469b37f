"""`zhida eval draft`: turns answer records into draft gold items for a reviewer, the most telling ones first."""

from __future__ import annotations

import argparse
from pathlib import Path

from ui.commands.options import settings_of
from ui.console import complain, note, say

HELP = "把问答记录变成待审核的评测题 make draft gold items of answer records"
ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida eval draft`."""
    parser.add_argument(
        "answers",
        type=Path,
        nargs="?",
        metavar="ANSWERS.jsonl",
        help="问答记录（zhida ask --batch 的输出） answer records, as `zhida ask --batch` writes them",
    )
    parser.add_argument(
        "--from-history",
        action="store_true",
        help="用资料库里的对话记录 take the library's own history instead of a file",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("drafts.jsonl"),
        metavar="FILE",
        help="草稿文件 the drafts (drafts.jsonl)",
    )
    parser.add_argument(
        "--gold",
        type=Path,
        metavar="GOLD",
        help="已有此题则不再起草 leave out what this gold set has already",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=("down", "refused", "low", "repeated", "other", ALL),
        default=[ALL],
        metavar="WHY",
        help="只要这些：点踩 down、拒答 refused、把握不足 low、多次被问 repeated、其余 other only these (all)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes the drafts; a file of drafts that is there already is not overwritten."""
    if (arguments.answers is None) != arguments.from_history:
        complain("请给出问答记录或 --from-history give either a file of answers or --from-history")
        return 2
    # The checks of the arguments need none of this.
    from eval.drafts import REASONS, asked_in, drafts_of, read_answers
    from eval.gold import GoldError, GoldSet
    from eval.gold_files import read_any, write_gold
    from rag.history import open_history

    out: Path = arguments.out
    if out.exists() and out.stat().st_size:
        raise GoldError(f"已有草稿，不覆盖 there are drafts already and none is overwritten: {out}: --out")
    if arguments.from_history:
        with open_history(settings_of(arguments).home) as history:
            asked, left_out = asked_in(history.receipts(owner=None))
    else:
        asked, left_out = read_answers(arguments.answers)
    gold = read_any(arguments.gold) if arguments.gold else None
    only = REASONS if ALL in arguments.only else arguments.only
    drafts = drafts_of(asked, gold, only)
    if left_out:
        note(f"没有回答的行 lines without an answer: {left_out}")
    if not drafts:
        say("没有可起草的题 nothing to draft")
        return 0
    write_gold(GoldSet(tuple(drafts), out.name), out)
    for item in drafts[:10]:
        say(f"{item.id}  {item.question}  ({item.notes})")
    if len(drafts) > 10:
        say("…")
    say(
        f"草稿 drafts {len(drafts)} → {out}；请补要点、核证据，再 fill in facts, check evidence, then: zhida eval approve"
    )
    return 0
