"""Gold questions: what is asked, the facts an answer must hold, and the sentence that proves them.

Reads the simple form, one JSON object a line: {"id", "question", "facts": [[alternative, …], …],
"evidence": [{"doc", "quote"}], "answerable", "tags"}, or {"id", "turns": [those, …]} for a conversation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import ZhidaError


class GoldError(ZhidaError):
    """A gold file cannot be read; names the line."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quotation that proves an answer, by document name and words, never by passage."""

    document: str
    quote: str


@dataclass(frozen=True, slots=True)
class GoldItem:
    """One question. Of each group in `facts`, an answer must hold at least one alternative."""

    id: str
    question: str
    facts: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    answerable: bool = True
    tags: tuple[str, ...] = ()


def read_gold(file: Path) -> list[list[GoldItem]]:
    """The conversations in `file`, in order; a single question is a conversation of one turn.

    Turns of a conversation get the ids `id#0`, `id#1`, … Raises GoldError with the line's number.
    """
    if not file.is_file():
        raise GoldError(f"评测集文件不存在 gold file not found: {file}")
    return list(_conversations(file))


def _conversations(file: Path) -> Iterator[list[GoldItem]]:
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            turns = record.get("turns")
            if turns is None:
                yield [_item(record, record["id"])]
            else:
                yield [_item(turn, f"{record['id']}#{i}") for i, turn in enumerate(turns)]
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            message = f"{file} 第 {number} 行不是有效的评测题 line {number} is not a gold item: {error!r}"
            raise GoldError(message) from None


def _item(record: dict[str, Any], item_id: str) -> GoldItem:
    return GoldItem(
        id=item_id,
        question=record["question"],
        facts=tuple(tuple(group) for group in record.get("facts", ())),
        evidence=tuple(Evidence(one["doc"], one["quote"]) for one in record.get("evidence", ())),
        answerable=record.get("answerable", True),
        tags=tuple(record.get("tags", ())),
    )
