"""What the commands share: the settings of a call and the checks of what it was given."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import LibraryError
from index.passage import ISO_DATE, Where, is_private
from rag.settings import Settings, load_settings
from ui.limits import COLLECTION

if TYPE_CHECKING:
    from index.library import Library

DIGITS = 9  # no number of ours is longer, and int() itself refuses very long ones


def settings_of(arguments: argparse.Namespace, **given: Any) -> Settings:
    """The settings of a call: file, environment, then what its arguments say."""
    return load_settings(arguments.settings, home=arguments.home, **given)


def add_command(
    commands: Any, name: str, words: str, description: str | None = None
) -> argparse.ArgumentParser:
    """A parser for one of the commands below a command; `commands` is what `add_subparsers` gave.

    What every command takes may stand behind it, too; without a default, so as not to undo what stands before it.
    """
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=description or words)
    for option in ("--home", "--settings"):
        parser.add_argument(option, type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def collection_name(text: str) -> str:
    """The name of a collection for argparse; "" is the common one. Those of conversations' uploads are not to be named."""
    if is_private(text) or len(text) > COLLECTION or not text.isprintable():
        raise argparse.ArgumentTypeError(
            f"文档集名不能以 ~ 开头，不超过 {COLLECTION} 字; a name of at most {COLLECTION} characters that does not begin with ~"
        )
    return text


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


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Options that narrow down where to search; each may be given several times, but for the dates."""
    filters = parser.add_argument_group("只在这些里找 search only in")
    for name, field, words in (
        ("--document", "documents", "文件 file"),
        ("--collection", "collections", "文档集 collection"),
        ("--speaker", "speakers", "讲话人或作者 who speaks or writes"),
        ("--publisher", "publishers", "发布者 publisher"),
        ("--status", "statuses", "文件状态，如现行、废止 whether in force"),
    ):
        filters.add_argument(name, dest=field, action="append", default=[], metavar="NAME", help=words)
    for name, words in (("--from", "不早于 not before"), ("--to", "不晚于 not after")):
        filters.add_argument(
            name,
            dest=f"published_{name[2:]}",
            type=iso_date,
            default="",
            metavar="DATE",
            help=f"{words} YYYY[-MM[-DD]]",
        )


def where_of(arguments: argparse.Namespace) -> Where:
    """The filter that `add_filters` took."""
    named = ("documents", "collections", "speakers", "publishers", "statuses")
    return Where(
        **{field: frozenset(getattr(arguments, field)) for field in named},
        published_from=arguments.published_from,
        published_to=arguments.published_to,
    )


def iso_date(text: str) -> str:
    """A date for argparse: a year, a month or a day; "" for none, as the default is."""
    if text and not ISO_DATE.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"应为 YYYY、YYYY-MM 或 YYYY-MM-DD，得到 {text[:20]!r}; a date as YYYY-MM-DD"
        )
    return text


def require_documents(library: Library) -> None:
    """Raises LibraryError for a library without documents, such as one whose last document was removed.

    Every answer from it would be "not found", which would say something about documents that nobody read.
    """
    if not library.status().documents:
        raise LibraryError(
            f"库里还没有文档 no document in {library.home} yet: 请先运行 run `zhida sync FOLDER` first"
        )
