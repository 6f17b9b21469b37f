"""`zhida history`: for whoever looks after a library, its conversations: list, write out, delete, draft."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ui.commands.options import settings_of, whole_number
from ui.console import as_json, complain, lines_to, note, printable, say

if TYPE_CHECKING:
    from rag.history import History
    from rag.settings import Settings

HELP = "对话记录：列出、导出、删除 conversations: list, export, delete"
SHOWN = 50
MOST_DAYS = 36500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida history`."""
    parser.add_argument("--owner", metavar="NAME", help="只要此人的 only this person's (all)")
    parser.add_argument(
        "--find", default="", metavar="WORDS", help="标题或问题里有此词 words of a title or a question"
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON print JSON")
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--export", type=Path, metavar="FILE", help="写出问答记录 write all records as JSON lines ('-': here)"
    )
    action.add_argument("--delete", metavar="CONVERSATION", help="删除一个对话 delete one conversation")
    action.add_argument(
        "--forget", action="store_true", help="删除 --owner 的全部对话 delete all that --owner ever asked"
    )
    action.add_argument(
        "--expire", type=whole_number(MOST_DAYS), metavar="DAYS", help="删除更早的 delete what is older"
    )


def run(arguments: argparse.Namespace) -> int:
    """Does the one thing asked for; without any, lists the conversations."""
    settings = settings_of(arguments)
    if arguments.forget and arguments.owner is None:
        complain("删除全部对话要指明 to delete all chats of somebody say whose: --owner NAME")
        return 2
    from rag.history import open_history

    with open_history(settings.home) as history:
        if arguments.export is not None:
            return _export(history, arguments)
        if arguments.delete or arguments.forget or arguments.expire:
            return _delete(history, settings, arguments)
        return _list(history, arguments)


def _list(history: History, arguments: argparse.Namespace) -> int:
    found = history.conversations(arguments.owner, arguments.find, limit=1000 if arguments.json else SHOWN)
    for one in found:
        if arguments.json:
            shown = {"id": one.id, "owner": one.owner, "title": one.title, "created": one.created}
            say(as_json(shown | {"changed": one.changed, "entries": one.entries}))
        else:
            owner = f"{printable(one.owner)}  " if one.owner else ""
            say(
                f"{one.id}  {one.changed[:16].replace('T', ' ')}  {owner}{printable(one.title)} ({one.entries})"
            )
    if not arguments.json:
        note(f"对话 conversations: {len(found)}{'+' if len(found) == SHOWN else ''}")
    return 0


def _export(history: History, arguments: argparse.Namespace) -> int:
    """Every record as a line that `zhida eval draft` reads, and beside it what `zhida replay` and an auditor need."""
    count = 0
    with lines_to(arguments.export) as file:
        for entry in history.receipts(arguments.owner):
            receipt = entry.receipt
            line = entry.as_dict() | {
                "id": entry.answer_id,
                "owner": receipt.owner,
                "conversation": receipt.conversation,
                "turns": list(receipt.turns),
                "passages": list(receipt.passages),
                "generation": receipt.generation,
                "settings": dict(receipt.settings),
                "model": receipt.model,
                "prompt_hash": receipt.prompt_hash,
                "program": receipt.program,
            }
            file.write(as_json(line) + "\n")
            count += 1
    note(f"已写出 records written: {count}")
    return 0


def _delete(history: History, settings: Settings, arguments: argparse.Namespace) -> int:
    """Deletes conversations, and with them what was uploaded into them."""
    from rag.build import open_library
    from rag.dialogue import remove_uploads

    if arguments.delete:
        history.delete(arguments.delete, arguments.owner)
        gone = [arguments.delete]
    elif arguments.forget:
        gone = history.forget(arguments.owner)
    else:
        gone = history.expire(arguments.expire)
    with open_library(settings, any_model=True) as library:
        remove_uploads(library, gone)
    say(f"已删除对话 conversations deleted: {len(gone)}")
    return 0
