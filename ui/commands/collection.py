"""`zhida collection`: which groups may read which part of the library."""

from __future__ import annotations

import argparse

from index.passage import is_private
from ui.commands.options import add_command, settings_of
from ui.commands.user import open_access, told
from ui.console import as_json, printable, say

HELP = "文档集：谁可以读 collections: who may read them"
COMMON = "(公共 common)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida collection`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    words = "列出文档集和可读的组 list collections and the groups that read them"
    listing = add_command(actions, "list", words)
    listing.add_argument("--json", action="store_true", help="输出 JSON print JSON")
    for name, words in (
        ("allow", "允许这些组读 let these groups read it"),
        ("deny", "不再允许 take that back"),
    ):
        action = add_command(actions, name, words)
        action.add_argument(
            "name", metavar="NAME", help='文档集，""为公共部分 collection, "" the common part'
        )
        action.add_argument(
            "groups",
            nargs="+",
            metavar="GROUP",
            help="组；everyone 登录的人，public 还有匿名挂件 group; everyone who is signed in, public visitors too",
        )


def run(arguments: argparse.Namespace) -> int:
    """Does the one thing asked for."""
    access = open_access(arguments)
    if arguments.action == "allow":
        access.accounts.allow(arguments.name, arguments.groups)
    elif arguments.action == "deny":
        access.accounts.deny(arguments.name, arguments.groups)
    else:
        # Importing the library takes a second, which only this action needs.
        from rag.build import open_library

        with open_library(settings_of(arguments), any_model=True) as library:
            there = {name for name in library.collections() if not is_private(name)}
        granted = access.accounts.granted()
        for name in sorted(there | granted.keys()):
            groups = sorted(granted.get(name, frozenset()) | (frozenset() if name else {"everyone"}))
            if arguments.json:
                say(as_json({"collection": name, "groups": groups, "there": name in there}))
            else:
                say(f"{printable(name) or COMMON}: {', '.join(groups) or '只有管理员 administrators only'}")
        return 0
    told(access, f"collection {arguments.action}", f"{arguments.name} {' '.join(arguments.groups)}".strip())
    return 0
