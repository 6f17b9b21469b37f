"""`python -m eval.facts FOLDER`: which facts of a folder's files are in the passages that they are split into.

FOLDER holds files and a facts.jsonl, one fact a line: {"file", "question", "must_contain": [...], "needs_ocr"}. A fact
is found when all its strings are in the passages of its file, white space, letter widths and the shape of tildes set
aside. Nothing is searched for: what a question finds is measured by `python -m eval.run`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import ReadError
from index.readers.sandbox import close, read_safely
from index.split import split

FACTS = "facts.jsonl"


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of facts.jsonl."""

    file: str
    question: str
    strings: tuple[str, ...]
    needs_ocr: bool


@dataclass(frozen=True, slots=True)
class Found:
    """How a file was read."""

    text: str
    """Of all its passages with their context, squeezed; "" if it could not be read."""
    passages: int
    seconds: float
    """Of the processor, with the programs that recognise text."""
    remarks: tuple[str, ...]
    """The document's notices, or why it could not be read."""


def facts_in(folder: Path) -> list[Fact]:
    """The facts of a folder, in their order. Raises ValueError with the line of one that is not right."""
    facts = []
    for number, line in enumerate((folder / FACTS).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            strings = tuple(said["must_contain"])
            facts.append(Fact(said["file"], said.get("question", ""), strings, bool(said.get("needs_ocr"))))
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{FACTS}:{number}: {error!r}") from None
    return facts


def squeezed(text: str) -> str:
    """`text` as facts are compared: NFKC, without white space, every tilde the same."""
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(r"\s+", "", plain).translate({0x301C: "~", 0x223C: "~"})


def read_one(file: Path) -> Found:
    """A file's passages, as `zhida sync` would make them."""
    started = _cpu_seconds()
    try:
        document = read_safely(file.read_bytes(), file.name)
    except (ReadError, OSError) as error:
        close()
        return Found("", 0, _cpu_seconds() - started, (str(error),))
    passages = split(document)
    close()  # what a child has taken is known when it has ended
    text = squeezed("".join(f"{passage.text} {passage.context} " for passage in passages))
    return Found(text, len(passages), _cpu_seconds() - started, document.notices)


def missing(fact: Fact, found: Found) -> list[str]:
    """The strings of a fact that are not in the passages."""
    return [string for string in fact.strings if squeezed(string) not in found.text]


def markdown(facts: Sequence[Fact], found: dict[str, Found]) -> str:
    """The table: a file a row, and below it what is missing."""
    lines = [
        "| 文件 file | 段 passages | CPU s | 事实 facts | 需识别 of these OCR | 缺少 missing |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in found.items():
        own = [fact for fact in facts if fact.file == name]
        here = [fact for fact in own if not missing(fact, one)]
        scanned = [fact for fact in own if fact.needs_ocr]
        lacking = "、".join(string for fact in own for string in missing(fact, one))
        lines.append(
            f"| {name} | {one.passages} | {one.seconds:.1f} | {len(here)}/{len(own)} "
            f"| {sum(fact in here for fact in scanned)}/{len(scanned)} | {lacking} |"
        )
    count = sum(not missing(fact, found[fact.file]) for fact in facts)
    return "\n".join([*lines, "", f"找到 found: {count}/{len(facts)}"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the files, print the table; the exit status is 1 when a fact is missing, 2 without facts."""
    parser = argparse.ArgumentParser(prog="python -m eval.facts", description=__doc__)
    parser.add_argument("folder", type=Path, help=f"with the files and their {FACTS}")
    folder = parser.parse_args(arguments).folder
    try:
        facts = facts_in(folder)
    except (OSError, ValueError) as error:
        print(f"无法读取 cannot be read: {error}", file=sys.stderr)
        return 2
    found = {}
    for name in dict.fromkeys(fact.file for fact in facts):
        print(f"{name} …", file=sys.stderr, flush=True)
        found[name] = read_one(folder / name)
    print(markdown(facts, found))
    for one in found.values():
        for remark in one.remarks:
            print(f"- {remark}")
    return int(any(missing(fact, found[fact.file]) for fact in facts))


def _cpu_seconds() -> float:
    return sum(os.times()[:4])


if __name__ == "__main__":
    sys.exit(main())
