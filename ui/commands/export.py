"""`zhida export`: every passage of the library, a line of JSON each."""

from __future__ import annotations

import argparse
from pathlib import Path

from index.passage import Passage
from ui.commands.options import settings_of
from ui.console import as_json, lines_to, note

HELP = "导出全部段落 write every passage as JSON lines"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida export`."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="输出文件，- 为标准输出 where to, - for stdout"
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes the passages in the order of the library."""
    # A mistake in the arguments should be told before the library's packages are loaded.
    from rag.build import open_library

    written = 0
    library = open_library(settings_of(arguments))
    with lines_to(arguments.file) as file:
        for passage in library.all_passages():
            file.write(as_json(as_dict(passage)) + "\n")
            written += 1
    note(f"导出 exported {written} 段 passages")
    return 0


def as_dict(passage: Passage) -> dict[str, object]:
    """A passage in the form that the export contract promises."""
    return {
        "document": passage.document,
        "collection": passage.collection,
        "passage_id": passage.id,
        "article": passage.article,
        "heading": passage.heading,
        "speaker": passage.speaker.name if passage.speaker else "",
        "published": passage.published,
        "url": passage.url,
        "page": passage.page,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    }
