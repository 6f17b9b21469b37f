"""Questions to go on with after an answer, out of what stands around its citations.

Candidates are made from the other passages of the cited articles (ui.examples); one is offered only if the chatbot,
asked by quotation, answers it from the document that it was made from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from index.passage import Passage, Where
from rag.answer import Answer
from rag.answerers.extractive import ExtractiveAnswerer
from rag.chatbot import Chatbot
from rag.matching import comparable
from ui.examples import Example, questions_of

WANTED = 3
TRIED = 5
"""Candidates that are put to the chatbot: each costs as much as a question."""
AROUND = 6
"""Passages before and after a cited one that are looked at; only those of its article come."""
SOURCES = 4
"""Passages that an answer's suggestions start from: those cited, or the nearest ones of a refusal."""


def follow_ups(
    chatbot: Chatbot, answer: Answer, asked: Sequence[str], where: Where | None = None
) -> list[str]:
    """Up to WANTED questions that are answered within `where` and differ from those that were asked already."""
    probe = Chatbot(chatbot.retriever, ExtractiveAnswerer(), passages=chatbot.passages)
    said = comparable(answer.text)
    done = {comparable(question) for question in asked}
    found: list[str] = []
    tried = 0
    for example in _candidates(chatbot, answer):
        key = comparable(example.question)
        if key in done or (example.answer and comparable(example.answer) in said):
            continue
        done.add(key)
        tried += 1
        if _is_answered(probe, example, where):
            found.append(example.question)
        if len(found) == WANTED or tried == TRIED:
            break
    return found


def _candidates(chatbot: Chatbot, answer: Answer) -> Iterator[Example]:
    """Questions made from the passages nearest to the citations first, each passage's once."""
    starts = [citation.passage for citation in answer.citations] or [hit.passage for hit in answer.hits]
    seen: set[int] = set()
    for start in list(dict.fromkeys(starts))[:SOURCES]:
        near = chatbot.library.neighbours(start, AROUND, AROUND)
        for passage in sorted(near, key=lambda other: _distance(other, start)):
            if passage.id not in seen:
                seen.add(passage.id)
                yield from questions_of(passage)


def _distance(one: Passage, other: Passage) -> int:
    return abs(one.start - other.start)


def _is_answered(probe: Chatbot, example: Example, where: Where | None) -> bool:
    answer = probe.ask(example.question, where=where)
    sources = {citation.passage.document for citation in answer.citations}
    return (
        answer.status == "answered"
        and example.passage.document in sources
        and comparable(example.answer) in comparable(answer.text)
    )
