"""Every command that the guides name exists, with the options that it is given there."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.waiting import PATIENCE
from ui.cli import COMMANDS, build_parser
from ui.commands.eval import COMMANDS as EVAL_COMMANDS

ROOT = Path(__file__).parents[2]
README = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "eval/README.md"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def code(text):
    """Lines of shell blocks, and stretches of `code` in the prose with their line breaks undone."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for language, block in blocks if language == "sh" for line in block.splitlines()]
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return lines + [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", prose)]


def commands(program):
    """The arguments of each call of `program`, comments left out."""
    calls = [re.sub(r"^\.venv/bin/", "", piece) for piece in code(README)]
    split = [shlex.split(call, comments=True) for call in calls if call.split(" ")[0] == program]
    return [call[1:] for call in split]


def options_of(parser):
    """All options of a parser and of the parsers below it."""
    found = set(parser._option_string_actions)
    for action in parser._actions:
        for below in action.choices.values() if isinstance(action.choices, dict) else ():
            found |= options_of(below)
    return found


def parsed(arguments):
    """0 when `zhida` takes these arguments, or the code it would end with."""
    try:
        build_parser().parse_args(arguments)
    except SystemExit as ended:
        return ended.code
    return 0


def test_the_readme_names_the_commands_that_this_test_is_about():
    assert {call[0] for call in commands("zhida")} >= {
        "sync",
        "ask",
        "search",
        "serve",
        "eval",
        "status",
        "doctor",
    }
    assert {call[0] for call in commands("make")} >= {"chat", "test", "help", "lint", "bench"}


@pytest.mark.parametrize("call", commands("zhida"), ids=shlex.join)
def test_a_zhida_command_of_the_readme_is_one(call, capsys):
    if len(call) == 1:  # only named, not called
        assert call[0] in COMMANDS
        return
    if call[0] == "eval" and len(call) == 2:
        assert call[1] in {name.rstrip("_") for name in EVAL_COMMANDS}
        return
    # COMMAND stands for each of them.
    for command in COMMANDS if "COMMAND" in call else [""]:
        assert parsed([command if word == "COMMAND" else word for word in call]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("call", commands("make"), ids=shlex.join)
def test_a_make_command_of_the_readme_is_one(call):
    if shutil.which("make") is None:
        pytest.skip("SKIPPED: make is not installed")
    done = subprocess.run(["make", "-n", *call], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    for name in (word.split("=")[0] for word in call if "=" in word):
        assert re.search(rf"^{name}\s*\?=", MAKEFILE, re.MULTILINE), name


def test_an_option_named_by_itself_is_one():
    named = {piece.split(" ")[0] for piece in code(README) if piece.startswith("--")}
    assert named >= {"--home", "--json"}
    assert named <= options_of(build_parser())


def test_every_command_takes_a_home():
    for command in COMMANDS:
        parser = next(a for a in build_parser()._actions if isinstance(a.choices, dict)).choices[command]
        assert "--home" in options_of(parser)


def test_a_command_that_is_none_would_be_found(capsys):
    assert parsed(["sink", "FOLDER"]) == parsed(["sync", "FOLDER", "--nonsense"]) == 2
