"""A chatbot, a library and conversations in which every text that comes from outside is hostile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

from index.passage import Hit, Passage, Speaker
from rag.answer import Answer, Citation
from tests.ui.doubles import ScriptedChatbot, ScriptedLibrary

TOGETHER = 10
"""Texts in one cited passage."""


def batches(texts: Sequence[str], size: int) -> list[list[str]]:
    """The texts, `size` at a time."""
    return [list(texts[i : i + size]) for i in range(0, len(texts), size)]


def answer_of(question: str, texts: Sequence[str]) -> Answer:
    """An answer that says all `texts` and cites passages that hold them; every particular of theirs is one, too."""
    cited = [_cited(number, part, texts) for number, part in enumerate(batches(texts, TOGETHER), 1)]
    written = "\n".join(f"{text}[{1 + i // TOGETHER}]" for i, text in enumerate(texts))
    hits = [Hit(one.passage, 1.0, {texts[0]: 1.5}) for one in cited]
    # Without an article a passage goes by the name of its file.
    hits += [
        Hit(Passage(text, 0, len(text), text, id=1000 + i), 0.5, also=(cited[0].passage,))
        for i, text in enumerate(texts)
    ]
    return Answer(
        question, question, "answered", written, tuple(cited), tuple(hits), notices=tuple(texts[:TOGETHER])
    )


def _cited(number: int, part: Sequence[str], texts: Sequence[str]) -> Citation:
    def other(i: int) -> str:
        return texts[(number * TOGETHER + i) % len(texts)]

    text = "\n".join(part)
    passage = Passage(
        other(0),
        100,
        100 + len(text),
        text,
        article=other(1),
        heading=other(2),
        section=other(3),
        speaker=Speaker(other(4), other(5), other(6)),
        published="2023-09-26" if number % 2 else other(7),
        publisher=other(8),
        url=other(9) if number % 3 else f"https://example.org/{other(9)}",
        status=other(10),
        unsure=True,
        document_id=number,
        id=number,
    )
    quote = part[0]
    return Citation(number, passage, 100, 100 + len(quote), quote, bool(number % 2), also_in=(other(11),))


@dataclass
class HostileLibrary(ScriptedLibrary):
    """What stands around a passage is as hostile as the passage; `files` have been uploaded into `conversation`."""

    texts: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    conversation: str = ""

    def __post_init__(self) -> None:
        self.catalog.document = lambda *_: None

    def collections(self) -> list[str]:
        return ["", *self.texts[:100]]

    def neighbours(self, near: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        first, last = self.texts[near.id % len(self.texts)], self.texts[-1 - near.id % len(self.texts)]
        return [Passage("", 0, len(first), first), near, Passage("", near.end, near.end + len(last), last)]

    def documents(self) -> list[SimpleNamespace]:
        own = [
            SimpleNamespace(name=name, collection="~" + self.conversation, passages=1) for name in self.files
        ]
        return [SimpleNamespace(name="文件.txt", collection="", passages=1), *own]


def chatbot_of(questions: dict[str, list[str]], texts: list[str]) -> ScriptedChatbot:
    """Answers each question with its texts."""
    answers = {question: answer_of(question, said) for question, said in questions.items()}
    return _WholeChatbot(answers, library=HostileLibrary(texts=texts))


class _WholeChatbot(ScriptedChatbot):
    """In larger pieces than four characters, as thousands of texts take too long so."""

    def stream(self, question, turns=(), where=None) -> Iterator[object]:
        from rag.answer import Done, Retrieved, Text

        answer = self.answers.get(question) or Answer(question, question, "refused", question, hits=())
        yield Retrieved(question, answer.hits)
        for i in range(0, len(answer.text), 97):
            yield Text(answer.text[i : i + 97])
        yield Done(answer)
