"""Files of questions: JSON lines in, JSON lines out. A line that is not understood never stops the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from index.errors import ReadError, ZhidaError
from index.passage import Where
from rag.answer import Answer, Turn
from ui.console import well_formed
from ui.limits import too_long


class Asks(Protocol):
    """What a batch needs of a chatbot."""

    def ask(self, question: str, turns: Sequence[Turn] = (), where: Where | None = None) -> Answer:
        """The finished answer."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line: a single question, a conversation of several, or the reason why it is neither."""

    id: str | int
    questions: tuple[str, ...] = ()
    conversation: bool = False
    error: str = ""

    def turn_id(self, turn: int) -> str | int:
        """The id that the answer to question number `turn` (from 0) goes out under."""
        return f"{self.id}#{turn}" if self.conversation else self.id

    def each(self) -> Iterator[tuple[str | int, str, str]]:
        """(id, question, "") for each question; (id, question, reason) for what cannot be asked."""
        if self.error:
            yield self.id, "", self.error
        for i, question in enumerate(self.questions):
            yield self.turn_id(i), question, too_long(question) if question else "没有问题 no question"


def read_items(file: Path) -> list[Item]:
    """The lines of a batch file, empty ones left out. Raises ReadError when the file cannot be read."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ReadError(f"读不了批量文件 cannot read the batch file {file}: {error.strerror}") from None
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    items = [_item(line, number) for number, line in enumerate(lines, 1) if line.strip()]
    if not items:
        raise ReadError(f"批量文件是空的 the batch file is empty: {file}")
    return items


def answers(chatbot: Asks, item: Item, where: Where | None = None) -> Iterator[dict[str, object]]:
    """The output lines of one item, from what `where` admits; the turns of a conversation are answered in order."""
    turns: list[Turn] = []
    for line_id, question, reason in item.each():
        if reason:
            yield {"id": line_id, **failure(question, reason)}
            continue
        try:
            answer = chatbot.ask(question, turns, where)
        except ZhidaError as error:
            yield {"id": line_id, **failure(question, str(error))}
            continue
        turns.append(Turn(question, answer.text, answer.standalone_question))
        yield {"id": line_id, **answer.as_dict()}


def failure(question: str, reason: str) -> dict[str, object]:
    """The output form of a question that could not be answered; the reason is its notice."""
    return Answer(question, question, "error", "", notices=(reason,)).as_dict()


def _item(line: bytes, number: int) -> Item:
    name = f"line {number}"
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        # Also for a number of thousands of digits, which Python does not convert, and for too deep nesting.
        return Item(name, error=f"第 {number} 行不是 JSON line {number} is not JSON")
    if not isinstance(fields, dict):
        return Item(name, error=f"第 {number} 行应为 JSON 对象 line {number} should be a JSON object")
    given = fields.get("id")
    item_id = well_formed(given) if isinstance(given, str) else given if isinstance(given, int) else name
    if isinstance(fields.get("turns"), list) and fields["turns"]:
        return Item(item_id, tuple(_question(turn) for turn in fields["turns"]), conversation=True)
    question = _question(fields)
    if not question:
        return Item(item_id, error=f"第 {number} 行没有问题 line {number} has no question")
    return Item(item_id, (question,))


def _question(fields: Any) -> str:
    """The question of a line or a turn, "" where there is none."""
    question = fields.get("question") if isinstance(fields, dict) else None
    return well_formed(question).strip() if isinstance(question, str) else ""
