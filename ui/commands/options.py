"""What the commands share: the settings of a call and the checks of what it was given."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from index.errors import LibraryError
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from index.library import Library

DIGITS = 9  # no number of ours is longer, and int() itself refuses very long ones


def settings_of(arguments: argparse.Namespace, **given: Any) -> Settings:
    """The settings of a call: file, environment, then what its arguments say."""
    return load_settings(arguments.settings, home=arguments.home, **given)


def whole_number(most: int) -> Callable[[str], int]:
    """A converter for argparse that takes whole numbers from 1 to `most`."""

    def convert(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else 0
        if not 1 <= number <= most:
            shown = text if len(text) <= 2 * DIGITS else text[: 2 * DIGITS] + "…"
            raise argparse.ArgumentTypeError(
                f"应为 1 到 {most} 的整数，得到 {shown!r}; a whole number from 1 to {most}"
            )
        return number

    return convert


def require_documents(library: Library) -> None:
    """Raises LibraryError for a library without documents, such as one whose last document was removed.

    Every answer from it would be "not found", which would say something about documents that nobody read.
    """
    if not library.status().documents:
        raise LibraryError(
            f"库里还没有文档 no document in {library.home} yet: 请先运行 run `zhida sync FOLDER` first"
        )
