"""`zhida widget`: the pages that may carry a widget, and the secrets by which they say who asks."""

from __future__ import annotations

import argparse

from ui.commands.options import add_command, whole_number
from ui.commands.user import open_access, told
from ui.console import as_json, note, printable, say

HELP = "挂件：添加、换密钥、撤销 widgets on other pages: add, rotate, revoke"
MOST = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida widget`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    words = "添加挂件，打印密钥 add a widget and print its secret, this once"
    add = add_command(actions, "add", words)
    add.add_argument("id", metavar="NAME", help="名字 letters, digits, - and _")
    add.add_argument(
        "--origin",
        action="append",
        required=True,
        metavar="URL",
        help="网页来源 where it may stand: https://portal.example",
    )
    add.add_argument(
        "--collection", action="append", default=[], metavar="NAME", help="只用此文档集 offers this one only"
    )
    add.add_argument(
        "--anonymous", action="store_true", help="不登录也可问公开文档 visitors may ask public collections"
    )
    add.add_argument(
        "--per-minute", type=whole_number(MOST), default=10, metavar="N", help="每人每分钟 of one user (10)"
    )
    add.add_argument(
        "--per-day", type=whole_number(MOST), default=5000, metavar="N", help="每天总共 of all a day (5000)"
    )
    words = "列出挂件 list widgets"
    listing = add_command(actions, "list", words)
    listing.add_argument("--json", action="store_true", help="输出 JSON print JSON")
    words = "换密钥，旧的用到下次 a new secret; the one before stays good until the next"
    rotate = add_command(actions, "rotate", words)
    rotate.add_argument("id", metavar="NAME", help="名字 name")
    rotate.add_argument("--now", action="store_true", help="旧密钥立刻失效 the old one ends at once")
    words = "撤销，立刻失效 end it at once"
    add_command(actions, "revoke", words).add_argument("id", metavar="NAME", help="名字 name")


def run(arguments: argparse.Namespace) -> int:
    """Does the one thing asked for."""
    access = open_access(arguments)
    if arguments.action == "list":
        for widget in access.widgets.listed():
            line = {"id": widget.id, "origins": sorted(widget.origins), "anonymous": widget.anonymous}
            line |= {"collections": sorted(widget.collections), "revoked": widget.revoked}
            state = "撤销 revoked" if widget.revoked else "匿名 anonymous" if widget.anonymous else ""
            shown = f"{widget.id}  {' '.join(sorted(widget.origins))}  {state}".rstrip()
            say(as_json(line) if arguments.json else printable(shown))
        return 0
    if arguments.action == "revoke":
        access.widgets.revoke(arguments.id)
    else:
        secret = _secret(arguments)
        note(
            "密钥只显示这一次，放在网页的后端 the secret is shown this once; it belongs into the host's back end"
        )
        say(secret)
    told(access, f"widget {arguments.action}", arguments.id)
    return 0


def _secret(arguments: argparse.Namespace) -> str:
    # Imported late for the same reason as in ui.commands.user.
    from ui.access.widgets import Limits

    widgets = open_access(arguments).widgets
    if arguments.action == "rotate":
        return widgets.rotate(arguments.id, now_only=arguments.now)
    limits = Limits(arguments.per_minute, arguments.per_day)
    return widgets.add(
        arguments.id, arguments.origin, arguments.collection, anonymous=arguments.anonymous, limits=limits
    )
