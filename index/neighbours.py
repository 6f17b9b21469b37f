"""What stands around a passage in its article. Ids of one document's passages follow each other in order of its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from index.passage import Passage

HEAD_WITHIN = 100  # passages of one article before which its head is looked for

Passages = Callable[[Sequence[int]], list[Passage]]
"""The passages of these ids in the given order, without those that are gone."""


def neighbours_of(passage: Passage, passages: Passages, before: int, after: int) -> list[Passage]:
    """The passage with up to `before` and `after` others around it, until another kind or article begins."""
    ids = range(max(1, passage.id - before), passage.id + after + 1)
    around = {p.id: p for p in passages(ids) if _belong_together(p, passage)}
    first = last = passage.id
    while first - 1 in around:
        first -= 1
    while last + 1 in around:
        last += 1
    return [around.get(id, passage) for id in range(first, last + 1)]


def head_of(passage: Passage, passages: Passages) -> Passage | None:
    """The headline with the byline of the passage's article; None where it has no head of its own."""
    before = passages(range(max(1, passage.id - HEAD_WITHIN), passage.id))
    same = [
        p for p in before if p.kind == "head" and _belong_together(replace(p, kind=passage.kind), passage)
    ]
    return same[0] if same else None


def _belong_together(one: Passage, other: Passage) -> bool:
    return (one.document_id, one.article, one.kind) == (other.document_id, other.article, other.kind)
