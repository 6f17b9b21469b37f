"""`zhida replay`: asks a recorded question once more and shows what has become of its answer."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from index.errors import NotThere
from ui.commands.options import settings_of
from ui.console import as_json, printable, say

if TYPE_CHECKING:
    from rag.replay import Difference

HELP = "重新回答一个旧问题并比较 answer a recorded question again and compare"
QUOTED = 60  # characters of a passage that are shown

NAMES = {
    "status": "状态 status",
    "standalone_question": "完整问题 stand-alone question",
    "generation": "资料库版本 library generation",
    "model": "大模型 model",
    "prompt_hash": "提示词 prompt",
    "program": "程序 program",
}
STATES = {"changed": "原文已改 its document has changed", "gone": "文件已不在 its document is gone"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida replay`."""
    parser.add_argument("answer", metavar="ANSWER_ID", help="回答编号 the id of the answer")
    parser.add_argument("--json", action="store_true", help="输出 JSON print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Prints the difference; 0 when a reader would see the same answer, 1 when not, 2 for an id that is not known."""
    settings = settings_of(arguments)
    # Loading what answers takes most of the time of a call, so that the id is looked up first.
    from rag.build import open_chatbot, open_library
    from rag.history import open_history
    from rag.replay import replay

    with open_history(settings.home) as history:
        try:
            receipt = history.receipt(arguments.answer, owner=None)
        except NotThere as error:
            raise NotThere(f"{error}: {arguments.answer[:60]}") from None
    with open_library(settings) as library:
        difference = replay(receipt, open_chatbot(settings, library), settings)
    say(as_json(difference.as_dict()) if arguments.json else in_words(difference, receipt.asked))
    return 0 if difference.same else 1


def in_words(difference: Difference, asked: str) -> str:
    """The difference as text for a terminal."""
    verdict = "一致 same answer" if difference.same else "不一致 another answer"
    lines = [f"{verdict}: {printable(difference.question)} ({asked[:16].replace('T', ' ')} UTC)"]
    if "answer" in difference.answer:
        lines += [f"- 当时 then: {printable(difference.before)}", f"+ 现在 now:  {printable(difference.now)}"]
    else:
        lines.append(f"  {printable(difference.now)}")
    for name, change in difference.answer.items():
        if name != "answer":
            lines.append(f"  {NAMES[name]}: {printable(str(change.before))} → {printable(str(change.now))}")
    lines += [
        f"- 不再引用 cited no more: {_shown(one.document, one.quote)}" for one in difference.cited_no_more
    ]
    lines += [f"+ 新引用 cited now: {_shown(one.document, one.quote)}" for one in difference.cited_anew]
    for number, state in difference.citations.items():
        if state != "same":
            lines.append(f"  [{number}] {STATES[state]}")
    if difference.passages:
        lines.append(f"  段落次序有变 passages in another order: {len(difference.passages)}")
        lines += [
            f"    {one.before or '—'} → {one.now or '—'}  {_shown(one.document, one.text)}"
            for one in difference.passages
        ]
    for name, change in difference.circumstances.items():
        shown = NAMES.get(name, f"设置 setting {name.removeprefix('settings.')}")
        lines.append(f"  {shown}: {printable(str(change.before))} → {printable(str(change.now))}")
    return "\n".join(lines)


def _shown(document: str, text: str) -> str:
    words = " ".join(text.split())
    return printable(f"{document} “{words if len(words) <= QUOTED else words[: QUOTED - 1] + '…'}”")
