"""`zhida user`: who may come in, with what role and groups; and the log of who did what."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import TYPE_CHECKING

from index.errors import NotThere, SettingsError
from ui.commands.options import add_command, settings_of, whole_number
from ui.console import as_json, note, printable, say

if TYPE_CHECKING:
    from ui.access.identify import Access

HELP = "用户：添加、停用、改密码、分组 users: add, disable, change passwords and groups"
ROLES = ("reader", "editor", "admin")
MOST_LINES = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida user`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, words: str, *, named: bool = True) -> argparse.ArgumentParser:
        made = add_command(actions, name, words)
        if named:
            made.add_argument("name", metavar="NAME", help="用户名 name")
        return made

    add = action("add", "添加用户 add a user")
    add.add_argument("--role", choices=ROLES, default="reader", help="角色 role (reader)")
    add.add_argument(
        "--group", action="append", default=[], metavar="GROUP", help="所在的组 is in this group"
    )
    secret = add.add_mutually_exclusive_group()
    _from_stdin(secret)
    secret.add_argument(
        "--no-password", action="store_true", help="在别处登录的人 for somebody who signs in elsewhere"
    )
    listing = action("list", "列出用户 list users", named=False)
    listing.add_argument("--json", action="store_true", help="输出 JSON print JSON")
    action("disable", "停用，立刻失去一切登录 shut out, at once and everywhere")
    action("enable", "重新启用、解锁 let in again, unlock")
    _from_stdin(action("passwd", "改密码 another password"))
    groups = action("groups", "改所在的组 other groups")
    groups.add_argument("groups", nargs="*", metavar="GROUP", help="所有的组 all of them (none)")
    role = action("role", "改角色 another role")
    role.add_argument("role", choices=ROLES, help="角色 role")
    log = action("log", "谁做了什么 who did what", named=False)
    log.add_argument("--user", metavar="NAME", help="只要此人的 of this one only")
    log.add_argument("-n", dest="most", type=whole_number(MOST_LINES), default=100, help="条数 lines (100)")
    log.add_argument("--json", action="store_true", help="输出 JSON print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Does the one thing asked for."""
    access = open_access(arguments)
    action = arguments.action
    if action == "list":
        return _list(access, arguments)
    if action == "log":
        return _log(access, arguments)
    name = arguments.name
    if action == "add":
        if access.accounts.known(name) is not None:
            raise SettingsError(f"已有此用户 there is a user of this name already: {name}")
        password = "" if arguments.no_password else _password(arguments)
        access.accounts.add(name, password, arguments.role, arguments.group)
    elif action == "disable":
        access.accounts.disable(name)
    elif action == "enable":
        access.accounts.enable(name)
    elif action == "passwd":
        if access.accounts.known(name) is None:
            raise NotThere(f"没有这个用户 no such user: {name}")
        access.accounts.set_password(name, _password(arguments))
    elif action == "groups":
        access.accounts.set_groups(name, arguments.groups)
    else:
        access.accounts.set_role(name, arguments.role)
    told(access, f"user {action}", name)
    return 0


def open_access(arguments: argparse.Namespace) -> Access:
    """The home's file of who may do what. Raises SettingsError."""
    # SQLAlchemy takes a while to import, which `zhida --help` need not wait for.
    from ui.access.identify import Access

    return Access(settings_of(arguments))


def told(access: Access, action: str, object: str) -> None:
    """Says that it was done, here and in the audit log."""
    from ui.access.audit import Event

    access.audit.add(Event(f"{getpass.getuser()}@shell", action, object, via="shell"))
    note(f"完成 done: {action} {printable(object)}")


def _list(access: Access, arguments: argparse.Namespace) -> int:
    users = access.accounts.listed()
    for user in users:
        groups = sorted(user.groups)
        if arguments.json:
            line = {"name": user.name, "role": user.role, "groups": groups, "disabled": user.disabled}
            say(as_json(line | {"has_password": user.has_password, "created": user.created}))
        else:
            state = "停用 disabled" if user.disabled else ""
            say("  ".join(part for part in (user.name, user.role, ",".join(groups), state) if part))
    if not arguments.json:
        note(f"用户 users: {len(users)}")
    return 0


def _log(access: Access, arguments: argparse.Namespace) -> int:
    for event in reversed(access.audit.last(arguments.most, arguments.user)):
        line = {"time": event.time, "who": event.who, "via": event.via, "action": event.action}
        line |= {"object": event.object, "address": event.address, "outcome": event.outcome}
        say(as_json(line) if arguments.json else "  ".join(printable(part) for part in line.values() if part))
    return 0


def _from_stdin(parser: argparse._ActionsContainer) -> None:
    # Never an argument: those are seen by everybody on the machine and kept in the shell's history.
    parser.add_argument(
        "--password-stdin", action="store_true", help="从标准输入读密码 read the password from stdin"
    )


def _password(arguments: argparse.Namespace) -> str:
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise SettingsError("没有终端可输入密码 no terminal to ask for the password: --password-stdin")
    password = getpass.getpass("密码 password: ")
    if getpass.getpass("再输一次 once more: ") != password:
        raise SettingsError("两次输入的密码不同 the two passwords differ")
    return password
