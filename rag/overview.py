"""Questions about the documents themselves: what an article says, who speaks, which articles and documents there are.

No sentence answers these: what does is the outline. So the points of an article are how its chapters begin, its numbered
items, or the sentences nearest to all of it taken together; a document is shown by the headlines of its articles.
Recognises only questions that ask for nothing else: 张晓刚讲了什么 is one, 张晓刚怎么看对外开放 is not. Doesn't judge what
was found for any other question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from index import words
from index.catalog import DocumentInfo
from index.library import Library
from index.passage import Hit, Passage, Where, is_private
from index.sections import STEP
from index.split import clauses
from rag.enumeration import enumerations
from rag.evidence import Evidence, same_article
from rag.lookup import addresses
from rag.matching import comparable, is_han
from rag.question import content_terms

Asked = Literal["points", "speakers", "documents"]

POINTS, LISTED = 4, 20
"""Sentences that stand for an article, and headlines or documents that are listed at most."""

READ = 5000
"""Passages of a document that are looked at."""

MANY = 3
"""Speakers that make a forum, items that make an enumeration the skeleton of an article."""

OF_TITLE = 0.4
"""The least share of a title's characters that names its article: 产品质量法 is the 中华人民共和国产品质量法."""

TELLING = 12
"""Characters from which on a sentence is more than thanks or a heading, where there are such."""

FIRST = 0.1
"""What it adds to a sentence's nearness to its article, a cosine, that it is the first one."""

_WHAT = r"(?:什么|啥|哪些)(?:内容|观点|东西|方面|事情?|问题|看法)?"
_SAYS = rf"(?:主要|都|分别|具体|大概|究竟|到底)*(?:是)?(?:讲|(?<![小传学])说|谈|写|介绍|阐述|论述)(?:的|了|到|过)*(?:主要)?(?:是|些)*{_WHAT}"
_GIST = r"(?:的|有)?(?:主要|核心|中心|基本|重点|关键)的?(?:观点|内容|思想|意思|要点|论点|看法|主张|精神)"
_IS = r"(?:都|分别)?(?:是|有|包括|为)*(?:什么|啥|哪些)?"
_POINTS = re.compile(
    rf"(?:{_SAYS}|{_GIST}{_IS}|的?(?:观点|大意|要点|摘要|概要|梗概|内容提要){_IS})[呢呀啊吗]*$"
    rf"|^(?:总结|概括|概述|归纳|梳理|简述)(?:一下|下|出)?(?=.)(?!.*(?:原因|措施|区别|经验))"
    rf"|^(?:summari[sz]e|what are the main points of|what is (?=.* about$))",
)
_OF_POINTS = re.compile(rf"(?:{_GIST}|的(?:观点|内容|要点|大意|思想)| about)$")
_SPEAKERS = re.compile(
    r"(?:谁|哪些?(?:人|嘉宾|专家|领导|学者|代表|企业家)|(?:几|多少|哪几)[位个名]?(?:人|嘉宾|专家|领导|学者|代表|企业家)?)"
    r"[^，。？?]{0,8}?(?:发言|发了言|演讲|致辞|讲话|讲了话|作报告)了?$"
    r"|(?:发言|演讲|致辞)(?:的)?(?:人|者|嘉宾|专家)?(?:都|分别|一共|总共)?(?:有|是)(?:谁|哪些人?|哪几位|几[位个]|多少[位人])$"
)
_DOCUMENTS = re.compile(
    r"(?:有|收录|包含|包括|知道|看过|读过)了?(?:哪些|什么|多少[份篇个]?|几[份篇个])(?:文档|文件|资料|材料|文章)$"
)
_DATELINE = re.compile(r"来源[:：]|\d{1,2}:\d{2}")
_COURTESY = re.compile(r"^(?:请问|请|帮我|帮忙|麻烦|给我|能否|能不能|你|我想知道|一下)+")
_OF_THEM = re.compile(
    r"这[份篇个次场期]?|那[份篇个次场期]?|本[份篇次场期]|该|这里|上面|里面?|当中|之?中|上|都|一共|总共|分别|其中"
    r"|(?:的)?(?:文章|讲话|演讲|致辞|发言|报道)|\bthe\b|\bthis\b"
)
_KINDS = {
    "spoken": re.compile(r"论坛|会议|大会|座谈会?|研讨会?|峰会|forum|conference|meeting"),
    "collected": re.compile(r"简报|通讯|月报|周报|期刊|刊物|杂志|专刊|newsletter|magazine"),
    "any": re.compile(r"文档|文件|资料库?|材料|报告|知识库|库|两个|几个|全部|所有|documents?|reports?"),
}
"""Nouns for a whole document, by how it is made: of speeches, of articles, or however it may be."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What stands for the documents, as the answer's evidence, and the passages that it was taken from, best first.

    `more` is how much of the same kind is not listed.
    """

    evidence: tuple[Evidence, ...]
    hits: tuple[Hit, ...]
    more: int = 0


def overview(question: str, found: Sequence[Hit], library: Library, where: Where | None) -> Overview | None:
    """The answer to a question about the documents that `where` admits; None where it is another, or of no document there.

    `found` are the hits of the question, of which one may be in the article that it names.
    """
    asked, subject = _understood(question)
    if not asked or addresses(question):
        return None
    where = where or Where()
    kind = next((kind for kind, noun in _KINDS.items() if noun.search(subject)), "")
    if asked == "documents" and kind in ("spoken", "collected"):
        asked = "points"
    name = _without_kinds(subject)
    terms = content_terms(name, library.speakers())
    if terms and asked == "points" and not kind:
        article = _article(name, terms, found, library)
        return _shown(_points(article, library), article) if article else None
    documents = _documents(library, where, found, terms)
    if asked == "points":  # a file that was brought into the conversation is the one that is meant
        documents = [one for one in documents if is_private(one.collection)] or documents
    if not documents or not (kind or asked != "points" or len(documents) == 1):
        return None
    outlines = [_outline(library, where, one) for one in documents[:LISTED]]
    if asked == "speakers":
        outlines = [one for one in outlines if len(_speakers(one)) >= MANY]
        return _shown([piece for one in outlines for piece in _heads(one) if piece.passage.speaker])
    fitting = [one for one in outlines if _fits(one, kind)]
    if asked == "points" and len(fitting) == 1:
        heads = _heads(fitting[0])
        return _shown(heads) if len(heads) > 1 else _shown(_points(fitting[0], library), fitting[0])
    firsts = _shown([piece for one in outlines for piece in _heads(one)[:1]])
    return replace(firsts, more=len(documents) - len(outlines)) if firsts else None


def _understood(question: str) -> tuple[Asked | None, str]:
    """What is asked for of the documents, None if it is something else, and of which: the rest of the question."""
    plain = _COURTESY.sub("", words.normalize(question).strip(" 。？?！!，,"))
    patterns: dict[Asked, re.Pattern[str]] = {
        "documents": _DOCUMENTS,
        "speakers": _SPEAKERS,
        "points": _POINTS,
    }
    for asked, pattern in patterns.items():
        match = pattern.search(plain)
        if match:
            rest = plain[: match.start()] + plain[match.end() :]
            return asked, _OF_POINTS.sub("", rest) if asked == "points" else rest
    return None, ""


def _without_kinds(subject: str) -> str:
    for noun in _KINDS.values():
        subject = noun.sub(" ", subject)
    return _OF_THEM.sub(" ", subject)


def _article(name: str, terms: Sequence[str], found: Sequence[Hit], library: Library) -> list[Passage]:
    """The passages of the first article found that is named, with its head; [] if none is. `terms` are those of the name."""
    name = name.strip("《》 ")
    named = next(
        (
            hit.passage
            for hit in found
            if (name and hit.passage.article.endswith(name)) or _names(terms, hit.passage)
        ),
        None,
    )
    if named is None:
        return []
    whole = Where(documents=frozenset([named.document]), collections=frozenset([named.collection]))
    return [passage for passage in library.admitted(whole, READ) if same_article(passage, named)]


def _names(terms: Sequence[str], passage: Passage) -> bool:
    """Whether the terms name the passage's article: by its speaker, with or without office, or by much of its title."""
    name = comparable(f"{passage.context} {passage.document}")
    if not all(term in name for term in terms):
        return False
    speaker = comparable(passage.speaker.name) if passage.speaker else ""
    title = sum(map(is_han, passage.article))
    return any(speaker.startswith(term) for term in terms) or sum(map(len, terms)) >= OF_TITLE * title


def _documents(
    library: Library, where: Where, found: Sequence[Hit], terms: Sequence[str]
) -> list[DocumentInfo]:
    """The documents that `where` admits and whose names or titles have the terms; those found for the question first."""
    ranks = {
        (hit.passage.document, hit.passage.collection): rank for rank, hit in reversed(list(enumerate(found)))
    }
    admitted = [
        one
        for one in library.documents()
        if (not where.documents or one.name in where.documents)
        and (not where.collections or one.collection in where.collections)
        and (not is_private(one.collection) if where.readable is None else one.collection in where.readable)
        and all(term in comparable(f"{one.name} {one.title}") for term in terms)
    ]
    return sorted(admitted, key=lambda one: ranks.get((one.name, one.collection), len(ranks)))


def _outline(library: Library, where: Where, info: DocumentInfo) -> list[Passage]:
    """The passages of a document, so far as `where` admits them, in order of the text."""
    only = replace(where, documents=frozenset([info.name]), collections=frozenset([info.collection]))
    return library.admitted(only, READ)


def _speakers(passages: Sequence[Passage]) -> set[str]:
    return {passage.speaker.name for passage in passages if passage.speaker}


def _fits(passages: Sequence[Passage], kind: str) -> bool:
    """Whether a document is of the kind that the question's noun says."""
    spoken = len(_speakers(passages)) >= MANY
    several = len({passage.article for passage in passages}) >= MANY
    return {"spoken": spoken, "collected": several and not spoken}.get(kind, bool(passages))


def _heads(passages: Sequence[Passage]) -> list[Evidence]:
    """Of each article its headline with the byline; where most have none, its first sentence."""
    firsts: dict[tuple[int, str], Evidence] = {}
    for passage in passages:
        spans = [span for span in clauses(passage.text) if not _DATELINE.search(passage.text[slice(*span)])]
        article = (passage.document_id, passage.article)
        if spans and article not in firsts:
            end = spans[-1][1] if passage.kind == "head" else spans[0][1]
            firsts[article] = _piece(passage, spans[0][0], end)
    heads = [piece for piece in firsts.values() if piece.passage.kind == "head"]
    return heads if 2 * len(heads) > len(firsts) else list(firsts.values())


def _points(passages: Sequence[Passage], library: Library) -> list[Evidence]:
    """What stands for an article: its headline and, in order, how its chapters begin, the items of its enumeration, or
    the sentences nearest to its mean."""
    body = [passage for passage in passages if passage.kind == "body"]
    numbered = [items for items in enumerations(body) if items[0].number and MANY <= len(items) <= 2 * POINTS]
    pieces = [
        _piece(passage, start, end)
        for passage in body
        for start, end in clauses(passage.text)
        if end - start <= 200 and not re.search(r"[？?：:]\s*$", passage.text[start:end])
    ]
    pieces = [piece for piece in pieces if len(piece.text) >= TELLING] or pieces
    head = [piece for piece in _heads(passages)[:1] if piece.passage.kind == "head"]
    chapters = _chapters(body)
    if len(chapters) >= MANY:
        return head + chapters
    if numbered:
        items = max(numbered, key=lambda items: sum(item.end - item.start for item in items))
        return [*(head or pieces[:1]), *(_piece(item.passage, item.start, item.end) for item in items)]
    return head + _central(pieces, library)


def _chapters(passages: Sequence[Passage]) -> list[Evidence]:
    """The first sentence under each of the headings that stand above all others."""
    firsts: dict[str, Evidence] = {}
    for passage in passages:
        heading = passage.heading.partition(STEP)[0]
        spans = clauses(passage.text)
        if heading and spans and heading not in firsts:
            firsts[heading] = _piece(passage, *spans[0])
    return list(firsts.values())


def _central(pieces: Sequence[Evidence], library: Library) -> list[Evidence]:
    """The sentences that are nearest in meaning to all of them together, in their order; the first is a little nearer."""
    if len(pieces) <= POINTS:
        return list(pieces)
    vectors = library.encode([piece.text for piece in pieces])
    nearness = vectors @ vectors.mean(axis=0)
    nearness[0] += FIRST
    best: list[int] = []
    for place in np.argsort(-nearness, kind="stable").tolist():
        # What nearly repeats a chosen sentence adds nothing.
        if all(vectors[place] @ vectors[other] < 0.9 for other in best):
            best.append(place)
        if len(best) == POINTS:
            break
    return [pieces[place] for place in sorted(best)]


def _piece(passage: Passage, start: int, end: int) -> Evidence:
    """The stretch start..end of a passage's text."""
    return Evidence(passage, passage.start + start, passage.start + end, listed=True)


def _shown(evidence: Sequence[Evidence], read: Sequence[Passage] = ()) -> Overview | None:
    """The evidence with the passages to `read` for it, those that it is from if these are not given."""
    listed = list(dict.fromkeys(evidence))[:LISTED]
    passages = {passage.id: passage for passage in read or [piece.passage for piece in listed]}
    ranks = enumerate(list(passages.values())[:LISTED], start=1)
    hits = tuple(Hit(passage, 1.0 / rank) for rank, passage in ranks)
    return Overview(tuple(listed), hits, len(evidence) - len(listed)) if listed else None
