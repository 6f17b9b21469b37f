"""The chatbot: a question in, a checked answer with citations out.

    question → retrieve (lexical + dense) → evidence → answerer → cite → Answer

The command line, the API, the chat page and the evaluation all consume `Chatbot.stream`: what is
evaluated is what is served.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.clauses import is_clause_number
from index.errors import AnswererError
from index.library import Library
from index.passage import Hit, Where
from index.sections import STEP
from index.split import IDEAL
from rag.absent import absent
from rag.answer import Answer, Citation, Done, Event, Retrieved, Text, Turn
from rag.answerers.base import Answerer
from rag.answerers.extractive import ExtractiveAnswerer
from rag.cite import check, renumber, with_copies
from rag.compound import compares, questions_in
from rag.courtesy import reply_to
from rag.evidence import Evidence, Verdict
from rag.features import Nearness
from rag.finder import EvidenceFinder
from rag.followup import stand_alone
from rag.named import of_others, search
from rag.overview import overview
from rag.question import Question, understand
from rag.refusal import refusal_text, says_not_found, speaks_of
from rag.retrieve import Retriever, join_neighbours
from rag.rewrite import Rewriter
from rag.topic import section_asked_for

UNVERIFIED_NOTICE = "标有〔未核实〕的句子在所引资料中没有找到依据。Sentences marked 〔未核实〕 are not borne out by their source."
FALLBACK_NOTICE = (
    "大模型暂不可用，以下为原文摘录。The language model is unavailable; quoted from the sources."
)
UNSURE_NOTICE = (
    "{} 的文字识别自图片，可能有误，请核对原件。{} was recognised from a picture and may be wrong."
)
ABSENT_NOTICE = "资料中没有找到{}。Not in the library: {}."
MORE_NOTICE = "另有 {} 项未列出。{} more are not listed."
PART_NOTICE = "资料中没有找到关于{}的部分。The documents do not say so of {}."
UNCITED_NOTICE = "大模型的回答没有可核实的引用，以下为原文摘录。The model's answer could not be verified; quoted from the sources."

_Chosen = tuple[Answer, Verdict, list[Evidence]]
"""A draft with its confidence, the verdict, and the sentences to quote; none where they do not suffice."""

NAMED = 5
"""Passages in which a word is looked for before it is said to be in none."""

SHORT = 3
"""How many times as many passages are read at most, where they are clauses and short."""


class Chatbot:
    """Answers questions from one library. Thread-safe as far as its answerer's model is."""

    def __init__(
        self,
        retriever: Retriever,
        answerer: Answerer,
        *,
        passages: int = 8,
        answer_length: int = 200,
        rewriter: Rewriter | None = None,
    ) -> None:
        """`passages` is how many the answerer reads; `answer_length` holds for quotations that stand in for a model;
        `rewriter` completes follow-up questions, before the rules do."""
        self.retriever = retriever
        self.answerer = answerer
        self.passages = passages
        self.rewriter = rewriter
        self._quoter = answerer if answerer.reads == "sentences" else ExtractiveAnswerer(answer_length)

    @property
    def library(self) -> Library:
        """The library that answers come from."""
        return self.retriever.library

    def ask(self, question: str, turns: Sequence[Turn] = (), where: Where | None = None) -> Answer:
        """The finished answer to `question`, asked after `turns` (oldest first)."""
        for event in self.stream(question, turns, where):
            if isinstance(event, Done):
                return event.answer
        raise AssertionError("a stream always ends with Done")

    def stream(
        self, question: str, turns: Sequence[Turn] = (), where: Where | None = None
    ) -> Iterator[Event]:
        """Retrieved, then Text for each piece, then Done. The text in Done is the checked one and counts."""
        clock = _Clock()
        reply = reply_to(question)
        if reply:
            yield from _without_sources(question, reply)
            return
        turns = [turn for turn in turns if not reply_to(turn.question)]
        names = self.library.speakers()
        asked = understand(self._stand_alone(question, turns, names), names, question)
        hits = tuple(self._found(asked.standalone, where))
        outline = overview(asked.standalone, hits, self.library, where)
        hits = outline.hits if outline else hits
        clock.lap("retrieve")
        yield Retrieved(asked.standalone, hits)
        draft = Answer(question, asked.standalone, "refused", "", hits=hits, mode=self.answerer.mode)
        missing, are_all = absent(asked.standalone, [hit.passage for hit in hits])
        if missing and are_all:
            clock.lap("evidence")
            nothing = Verdict(False, 0.0, absent=missing)
            yield from self._refuse(replace(draft, confidence=0.0), nothing, clock, where)
            return
        if missing:
            shown = "、".join(missing)
            draft = replace(draft, notices=(ABSENT_NOTICE.format(shown, shown),))
        if hits and self.answerer.reads == "passages":
            try:
                yield from self._by_model(draft, asked, turns, clock)
                return
            except _Unusable as failure:
                draft = replace(draft, mode="extractive", notices=(*draft.notices, failure.notice))
        if outline:
            draft = replace(draft, notices=draft.notices + more_notices(outline.more))
            chosen = (replace(draft, confidence=1.0), Verdict(True, 1.0), list(outline.evidence))
        else:
            chosen = self._of_each(draft, asked, where) or self._of_one(draft, asked)
        clock.lap("evidence")
        yield from self._by_quotation(chosen, asked, turns, clock, where)

    def _stand_alone(self, question: str, turns: Sequence[Turn], names: Sequence[str]) -> str:
        """The question completed from the turns before it, by the rewriter if there is one and it can."""
        rewritten = self.rewriter.rewrite(question, turns, names) if self.rewriter and turns else ""
        return rewritten or stand_alone(question, turns, names)

    def _by_quotation(
        self, chosen: _Chosen, asked: Question, turns: Sequence[Turn], clock: _Clock, where: Where | None
    ) -> Iterator[Event]:
        """The best sentences as the answer, or a refusal where they do not suffice."""
        draft, verdict, evidence = chosen
        if not evidence:
            yield from self._refuse(draft, verdict, clock, where)
            return
        pieces = []
        for piece in self._quoter.stream(asked, evidence, turns):
            pieces.append(piece)
            yield Text(piece)
        clock.lap("answer")
        done = self._finish(draft, "".join(pieces), evidence, clock)
        if done.answer.citations:
            yield done
        else:
            yield from self._refuse(draft, verdict, clock, where)

    def _refuse(self, draft: Answer, verdict: Verdict, clock: _Clock, where: Where | None) -> Iterator[Event]:
        """The refusal as the whole answer."""

        def is_found(part: str) -> bool:
            there = self.retriever.search(part, NAMED, "lexical", where)
            return speaks_of(part, [hit.passage for hit in (*draft.hits, *there)])

        text = refusal_text(verdict, draft.hits, draft.question, is_found)
        yield Text(text)
        yield Done(replace(draft, text=text, timings_ms=clock.laps))

    def _found(self, question: str, where: Where | None) -> Iterator[Hit]:
        """The passages that are read for a question, best first."""
        found = search(self.retriever, question, SHORT * self.passages, where)
        return enough_to_read(found, self.passages)

    def _of_one(self, draft: Answer, asked: Question) -> _Chosen:
        """What is found for one question."""
        others, nobody = of_others(asked.standalone, draft.hits, self.library)
        theirs = [hit for hit in draft.hits if hit.passage.id not in others]
        section = section_asked_for(asked, theirs, self.library)
        if section:
            return replace(draft, confidence=1.0), Verdict(True, 1.0), section
        rarity, nearness = self.library.rarity(asked.terms), self.nearness(asked.standalone)
        finder = EvidenceFinder(asked, draft.hits, rarity, nearness, others)
        verdict, lead = finder.judge()
        if nobody and lead:
            shown = "、".join(nobody)
            draft = replace(draft, notices=(*draft.notices, ABSENT_NOTICE.format(shown, shown)))
        elif nobody:
            verdict = replace(verdict, uncovered=tuple(nobody))
        evidence = self._with_byline(asked, finder.choose(lead)) if lead else []
        return replace(draft, confidence=verdict.coverage), verdict, evidence

    def _of_each(self, draft: Answer, asked: Question, where: Where | None) -> _Chosen | None:
        """As `_of_one`, of each of the two things that are asked about at once; None if it is one, or neither is found.

        A part without an answer is named in a notice.
        """
        evidence: list[Evidence] = []
        verdicts: list[Verdict] = []
        lacking: list[str] = []
        hits = {hit.passage.id: hit for hit in draft.hits}
        for part in questions_in(asked.standalone):
            one = understand(part, self.library.speakers())
            found = tuple(self._found(part, where))
            _, verdict, chosen = self._of_one(replace(draft, hits=found), one)
            known = {(piece.passage.id, piece.start) for piece in evidence}
            evidence += [
                replace(piece, listed=True)
                for piece in chosen
                if (piece.passage.id, piece.start) not in known
            ]
            hits |= {hit.passage.id: hit for hit in found if hit.passage.id not in hits}
            verdicts.append(verdict)
            lacking += [] if chosen else [part.rstrip("?？。 ")]
        if not evidence:
            return None
        if lacking and compares(asked.standalone):
            return draft, Verdict(False, 0.0, tuple(lacking)), []
        notices = draft.notices + tuple(PART_NOTICE.format(f"“{name}”", name) for name in lacking)
        confidence = max(verdict.coverage for verdict in verdicts)
        draft = replace(draft, hits=tuple(hits.values()), notices=notices, confidence=confidence)
        return draft, verdicts[0], evidence

    def _with_byline(self, asked: Question, chosen: list[Evidence]) -> list[Evidence]:
        """`chosen`, and behind the first the byline that says who speaks there, if a person is asked for."""
        if not asked.wants_person or chosen[0].passage.speaker is None:
            return chosen
        head = self.library.head(chosen[0].passage)
        if head is None or any(piece.passage.id == head.id for piece in chosen):
            return chosen
        return [chosen[0], Evidence(head, head.start, head.end, chosen[0].score), *chosen[1:]]

    def nearness(self, question: str) -> Nearness:
        """Measures how near in meaning sentences are to the question, with the library's embedding model."""

        def nearness(texts: Sequence[str]) -> list[float]:
            products: list[float] = (
                self.library.encode(texts) @ self.library.encode_query(question)
            ).tolist()
            return products

        return nearness

    def _by_model(
        self, draft: Answer, asked: Question, turns: Sequence[Turn], clock: _Clock
    ) -> Iterator[Event]:
        """The language model's answer; _Unusable when it fails or nothing in it can be verified."""
        evidence = [Evidence(p, p.start, p.end) for p in join_neighbours(draft.hits, self.library)]
        pieces = []
        try:
            for piece in self.answerer.stream(asked, evidence, turns):
                pieces.append(piece)
                yield Text(piece)
        except AnswererError as error:
            raise _Unusable(f"{FALLBACK_NOTICE} ({error})") from error
        clock.lap("answer")
        text = "".join(pieces).strip()
        if says_not_found(text):
            yield Done(replace(draft, text=text, timings_ms=clock.laps))
            return
        done = self._finish(draft, text, evidence, clock)
        if not done.answer.citations:
            raise _Unusable(UNCITED_NOTICE)
        yield done

    def _finish(self, draft: Answer, text: str, evidence: Sequence[Evidence], clock: _Clock) -> Done:
        checked = renumber(check(text, evidence))
        clock.lap("cite")
        notices = draft.notices + ((UNVERIFIED_NOTICE,) if checked.unverified else ())
        notices += tuple(
            dict.fromkeys(notice for citation in checked.citations for notice in date_notices(citation))
        )
        notices += unsure_notices(checked.citations)
        answer = replace(
            draft,
            status="answered",
            text=checked.text,
            citations=with_copies(checked.citations, draft.hits),
            notices=notices,
            timings_ms=clock.laps,
        )
        return Done(answer)


def enough_to_read(hits: Sequence[Hit], passages: int) -> Iterator[Hit]:
    """The first hits, as much text as `passages` passages hold that have the length they aim at, and no fewer than that.

    Clauses are passages of their own, however short: three lines of a law are a third of what there is to read
    elsewhere.
    """
    room = float(passages)
    for number, hit in enumerate(hits):
        is_clause = is_clause_number(hit.passage.heading.rpartition(STEP)[2])
        room -= min(1.0, len(hit.passage.text) / IDEAL) if is_clause else 1.0
        if number >= passages and room < 0:
            return
        yield hit


def _without_sources(question: str, reply: str) -> Iterator[Event]:
    """A reply that says nothing which would need a source: as a refusal is, without the nearest passages."""
    yield Retrieved(question, ())
    yield Text(reply)
    yield Done(Answer(question, question, "refused", reply, confidence=0.0))


def date_notices(citation: Citation) -> list[str]:
    """For each 今年…, 去年… with a month or day in a quotation: which date that was when it was published."""
    published = citation.passage.published
    return [
        f"[{citation.number}] 文中“{words}”即 {meant}（发布于 {published}）。“{words}” is {meant}."
        for words, meant in citation.dates.items()
        if len(meant) > len("2023")
    ]


def more_notices(more: int) -> tuple[str, ...]:
    """One line that says how many of a list are left out, if any."""
    return (MORE_NOTICE.format(more, more),) if more else ()


def unsure_notices(citations: Sequence[Citation]) -> tuple[str, ...]:
    """One line that names the citations whose text was recognised in a picture with little confidence, if any."""
    marks = "".join(f"[{citation.number}]" for citation in citations if citation.unsure)
    return (UNSURE_NOTICE.format(marks, marks),) if marks else ()


class _Unusable(Exception):
    """The model's answer cannot be shown; `notice` tells the reader why there is a quotation instead."""

    def __init__(self, notice: str) -> None:
        super().__init__(notice)
        self.notice = notice


class _Clock:
    """Milliseconds per stage, and their sum as "total"."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {"total": 0.0}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End `stage` now."""
        now = time.perf_counter()
        self.laps[stage] = (now - self._last) * 1000
        self.laps["total"] += self.laps[stage]
        self._last = now
