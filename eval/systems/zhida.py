"""Zhida itself, by the same `Chatbot.stream` that the command line, the API and the chat page consume.

Beside what was served, a deeper list of passages is searched for, so that a report can tell "ranked low"
from "not retrieved". The time for that is not in the record's timings.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from eval.record import Found, Record
from eval.systems.base import versions_of
from index.durable import sha256_of
from index.library import Library
from index.passage import Hit
from rag.answer import Answer, Done, Retrieved, Text, Turn
from rag.build import instructions_of, open_chatbot
from rag.chatbot import Chatbot
from rag.receipts import code_hash, settings_record
from rag.settings import Settings

DEPTH = 20
PACKAGES = ("zhida", "faiss-cpu", "jieba", "numpy", "tantivy")
MODEL_PACKAGES = ("langchain", "langchain-core", "langchain-openai")


class ZhidaSystem:
    """A chatbot as it is served. `depth` is how many passages a record lists."""

    def __init__(self, chatbot: Chatbot, settings: Settings, depth: int = DEPTH) -> None:
        """`settings` are those that `chatbot` was made from."""
        self.chatbot = chatbot
        self.settings = settings
        # Deeper than the candidates, search would take more of them, and so put the first ones in another order.
        self.depth = max(chatbot.passages, min(depth, chatbot.retriever.candidates))

    @classmethod
    def open(cls, settings: Settings, depth: int = DEPTH) -> ZhidaSystem:
        """The chatbot of the settings, over the library at their home."""
        return cls(open_chatbot(settings), settings, depth)

    @property
    def library(self) -> Library:
        """What it answers from."""
        return self.chatbot.library

    def ask(self, question: str, turns: Sequence[Turn]) -> Record:
        """The answer that is served, with scores of every stage, times and tokens."""
        with _counting_tokens(self.chatbot.answerer.mode == "model") as tokens:
            answer, first_ms = self._listen(question, turns)
        return Record(
            id="",
            question=question,
            status=answer.status,
            answer=answer.text,
            standalone_question=answer.standalone_question,
            citations=tuple(citation.as_dict() for citation in answer.citations),
            retrieved=self._retrieved(answer),
            sent=len(answer.hits),
            mode=answer.mode,
            notices=answer.notices,
            timings_ms=_rounded({**answer.timings_ms, "first": first_ms}),
            tokens=tokens,
            confidence=answer.confidence,
        )

    def describe(self) -> Mapping[str, Any]:
        """Settings, the model behind them, versions down to a hash of the code, and the library's content."""
        library = self.library
        settings = settings_record(self.settings, library)
        settings["prompt"] = instructions_of(self.settings)
        status = library.status()
        packages = PACKAGES + (MODEL_PACKAGES if self.settings.chat_model else ())
        return {
            "system": "zhida",
            "settings": settings | {"depth": self.depth},
            "versions": {**versions_of(*packages), "code": code_hash()},
            "generation": library.generation,
            "library": {
                "home": str(self.settings.home),
                "documents": status.documents,
                "passages": status.passages,
                "content": content_hash(library),
            },
        }

    def close(self) -> None:
        """Closes the library."""
        self.library.close()

    def _listen(self, question: str, turns: Sequence[Turn]) -> tuple[Answer, float]:
        """The finished answer, and the milliseconds until the first words of it came."""
        started, first = time.perf_counter(), 0.0
        for event in self.chatbot.stream(question, turns):
            match event:
                case Text() if not first:
                    first = (time.perf_counter() - started) * 1000
                case Done(answer):
                    return answer, first
                case Retrieved() | Text():
                    pass
        raise AssertionError("a stream always ends with Done")

    def _retrieved(self, answer: Answer) -> tuple[Found, ...]:
        """What was served, then what a deeper search finds below it."""
        deeper = self.chatbot.retriever.search(answer.standalone_question, self.depth)
        served = {hit.passage.id for hit in answer.hits}
        below = [hit for hit in deeper if hit.passage.id not in served]
        return tuple(_found(hit) for hit in (*answer.hits, *below))[: self.depth]


def content_hash(library: Library) -> str:
    """A hash of every document's name, bytes and reading: the same for libraries that hold the same, read alike."""
    found = library.documents()
    lines = [f"{info.sha256} {info.reading} {info.passages} {info.collection}/{info.name}" for info in found]
    return sha256_of("\n".join(lines).encode("utf-8", "replace"))


def _found(hit: Hit) -> Found:
    passage = hit.passage
    return Found(
        passage.document,
        passage.text,
        passage.start,
        passage.end,
        round(hit.score, 6),
        {stage: round(score, 6) for stage, score in hit.stages.items()},
        passage.id,
        passage.article,
    )


def _rounded(timings_ms: Mapping[str, float]) -> dict[str, float]:
    """To microseconds: more digits would only say how busy the clock was."""
    return {stage: round(value, 3) for stage, value in timings_ms.items()}


@contextmanager
def _counting_tokens(by_model: bool) -> Iterator[dict[str, int]]:
    """Holds "input" and "output" afterwards, if a chat model has said how many tokens it used."""
    tokens: dict[str, int] = {}
    if not by_model:
        yield tokens
        return
    # LangChain costs half a second to import: only where a model is used.
    from langchain_core.callbacks import get_usage_metadata_callback

    with get_usage_metadata_callback() as usage:
        yield tokens
    for one in usage.usage_metadata.values():
        tokens["input"] = tokens.get("input", 0) + one["input_tokens"]
        tokens["output"] = tokens.get("output", 0) + one["output_tokens"]
