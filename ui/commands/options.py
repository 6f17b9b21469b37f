"""What the commands share: the settings of a call and the checks of its numbers."""

from __future__ import annotations

import argparse
from typing import Any

from rag.settings import Settings, load_settings


def settings_of(arguments: argparse.Namespace, **given: Any) -> Settings:
    """The settings of a call: file, environment, then what its arguments say."""
    return load_settings(arguments.settings, home=arguments.home, **given)


def positive(text: str) -> int:
    """A whole number of at least 1."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"应为正整数，得到 {text!r}; a whole number of at least 1")
    return number


def port_number(text: str) -> int:
    """A port, 1 to 65535."""
    number = positive(text)
    if number > 65535:
        raise argparse.ArgumentTypeError(f"端口应在 1–65535，得到 {text}; a port is 1 to 65535")
    return number
