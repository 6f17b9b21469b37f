"""A system under evaluation that a test can count, slow down and break."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eval.gold import GoldItem, GoldSet
from eval.record import Found, Record
from rag.answer import Turn


class Echo:
    """Answers with the question and how many turns came before it; `asked` keeps what it was asked."""

    def __init__(self, settings: Mapping[str, Any] | None = None, delay: float = 0.0) -> None:
        self.settings = settings or {}
        self.delay = delay
        self.asked: list[str] = []
        self.on_ask: Callable[[str], None] = lambda _: None
        self._lock = threading.Lock()

    def ask(self, question: str, turns: Sequence[Turn]) -> Record:
        with self._lock:
            self.asked.append(question)
        self.on_ask(question)
        time.sleep(self.delay)
        before = " ← ".join(turn.answer for turn in turns)
        answer = f"{question}{f'（{before}）' if before else ''}[1]"
        return Record(
            "",
            question,
            "answered",
            answer,
            standalone_question=f"!{question}",
            citations=({"number": 1, "document": "a.txt", "quote": question, "passage": question},),
            retrieved=(Found("a.txt", question, score=1.0),),
            sent=1,
        )

    def describe(self) -> Mapping[str, Any]:
        return {
            "system": "echo",
            "settings": self.settings,
            "library": {"content": "c", "home": str(id(self))},
        }

    def close(self) -> None:
        pass


def many(n: int) -> GoldSet:
    """n single questions and as many conversations of three turns."""
    items = []
    for i in range(n):
        items.append(GoldItem(f"s{i}", f"单{i}？"))
        items += [GoldItem(f"k{i}#{j}", f"连{i}之{j}？", conversation=f"k{i}") for j in range(3)]
    return GoldSet(tuple(items), "many.jsonl")
