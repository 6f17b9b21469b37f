"""`zhida eval …`: everything about gold sets and runs, one file a command. Each has HELP, `add_arguments` and `run`."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable

from ui.commands.options import add_command

HELP = "用评测集检验回答 measure the answers against a gold set"
COMMANDS = (
    "run",
    "score",
    "report",
    "compare",
    "gate",
    "sweep",
    "draft",
    "approve",
    "lint",
    "import_",
    "export",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The commands under `zhida eval`. Their modules import what is heavy only when they run."""
    parser.set_defaults(run=_dispatch)
    commands = parser.add_subparsers(dest="eval_command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"ui.commands.eval.{name}")
        subparser = add_command(commands, name.rstrip("_"), module.HELP, module.__doc__)
        module.add_arguments(subparser)
        subparser.set_defaults(run_eval=module.run)


def run(arguments: argparse.Namespace) -> int:
    """Runs the chosen command."""
    command: Callable[[argparse.Namespace], int] = arguments.run_eval
    return command(arguments)


_dispatch = run
"""The function above, whose name the module `run` takes once it is imported."""
