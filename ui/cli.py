"""The command `zhida`: reads the arguments, runs one command, turns what went wrong into one line.

Exit codes: 0 done · 1 `doctor` found a problem · 2 a mistake that the user can mend · 130 interrupted.
Commands import what they need when they run, so that `zhida ask` loads neither torch nor gradio.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import NoReturn

from index.errors import ZhidaError
from ui.console import complain, note, use_utf8

COMMANDS = (
    "sync",
    "ask",
    "search",
    "serve",
    "eval",
    "history",
    "user",
    "collection",
    "widget",
    "replay",
    "export",
    "status",
    "verify",
    "compact",
    "backup",
    "restore",
    "rollback",
    "doctor",
)
INTERRUPTED = 130  # 128 + SIGINT, as shells count
READER_GONE = 141  # 128 + SIGPIPE


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Says what is wrong and where to read on; ends with code 2."""
        complain(f"参数有误 wrong arguments: {message} (见 see: {self.prog} --help)")
        raise SystemExit(2)


class ShowVersion(argparse.Action):
    """Prints the version of the installed package; looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Ends the program with the version."""
        try:
            version = metadata.version("zhida")
        except metadata.PackageNotFoundError:
            version = "(未安装 not installed)"
        sys.stdout.write(f"zhida {version}\n")
        parser.exit()


def build_parser(commands: Sequence[str] = COMMANDS) -> Parser:
    """The parser; each command's module adds its own arguments and the function `run`."""
    parser = Parser(
        prog="zhida", description="质答：资料问答，句句有据，离线可用 Answers from your documents, offline"
    )
    parser.add_argument("--version", action=ShowVersion, nargs=0, help="版本 print the version")
    common = Parser(add_help=False)
    common.add_argument(
        "--home", type=Path, metavar="DIR", help="资料库文件夹 folder of the library (.zhida)"
    )
    common.add_argument("--settings", type=Path, metavar="FILE", help="设置文件 settings (./zhida.toml)")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for name in commands:
        module = importlib.import_module(f"ui.commands.{name}")
        subparser = subparsers.add_parser(name, parents=[common], help=module.HELP, description=module.HELP)
        subparser.set_defaults(run=module.run)  # before what the command itself may set
        module.add_arguments(subparser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `zhida` with `arguments` (those of the process by default); returns the exit code."""
    use_utf8()
    given = list(sys.argv[1:] if arguments is None else arguments)
    # Only the chosen command's module is imported, unless help has to show all of them.
    chosen = [name for name in COMMANDS if name in given[:1]]
    parser = build_parser(chosen or COMMANDS)
    parsed = parser.parse_args(given)
    if parsed.command is None:
        note(parser.format_help())
        return 2
    try:
        code: int = parsed.run(parsed)
        sys.stdout.flush()
    except ZhidaError as error:
        complain(str(error))
        return 2
    except BrokenPipeError:
        # The interpreter flushes stdout once more as it ends; there must be something to flush into.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        complain(f"无法读写 cannot read or write {error.filename or ''}: {error.strerror or error}")
        return 2
    return code


if __name__ == "__main__":
    raise SystemExit(main())
