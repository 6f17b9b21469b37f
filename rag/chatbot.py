"""The chatbot: a question in, a checked answer with citations out.

    question → retrieve (lexical + dense) → evidence → answerer → cite → Answer

The command line, the API, the chat page and the evaluation all consume `Chatbot.stream`: what is
evaluated is what is served.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.errors import AnswererError
from index.library import Library
from index.passage import Where
from rag.answer import Answer, Citation, Done, Event, Retrieved, Text, Turn
from rag.answerers.base import Answerer
from rag.answerers.extractive import ExtractiveAnswerer
from rag.cite import check, renumber, with_copies
from rag.evidence import Evidence, EvidenceFinder, Verdict
from rag.features import Nearness
from rag.followup import stand_alone
from rag.question import Question, understand
from rag.refusal import refusal_text, says_not_found
from rag.retrieve import Retriever, join_neighbours
from rag.rewrite import Rewriter

UNVERIFIED_NOTICE = "标有〔未核实〕的句子在所引资料中没有找到依据。Sentences marked 〔未核实〕 are not borne out by their source."
FALLBACK_NOTICE = (
    "大模型暂不可用，以下为原文摘录。The language model is unavailable; quoted from the sources."
)
UNSURE_NOTICE = (
    "{} 的文字识别自图片，可能有误，请核对原件。{} was recognised from a picture and may be wrong."
)
UNCITED_NOTICE = "大模型的回答没有可核实的引用，以下为原文摘录。The model's answer could not be verified; quoted from the sources."


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
        names = self.library.speakers()
        asked = understand(self._stand_alone(question, turns, names), names, question)
        hits = tuple(self.retriever.search(asked.standalone, self.passages, where=where))
        clock.lap("retrieve")
        yield Retrieved(asked.standalone, hits)
        draft = Answer(question, asked.standalone, "refused", "", hits=hits, mode=self.answerer.mode)
        if hits and self.answerer.reads == "passages":
            try:
                yield from self._by_model(draft, asked, turns, clock)
                return
            except _Unusable as failure:
                draft = replace(draft, mode="extractive", notices=(failure.notice,))
        yield from self._by_quotation(draft, asked, turns, clock)

    def _stand_alone(self, question: str, turns: Sequence[Turn], names: Sequence[str]) -> str:
        """The question completed from the turns before it, by the rewriter if there is one and it can."""
        rewritten = self.rewriter.rewrite(question, turns, names) if self.rewriter and turns else ""
        return rewritten or stand_alone(question, turns, names)

    def _by_quotation(
        self, draft: Answer, asked: Question, turns: Sequence[Turn], clock: _Clock
    ) -> Iterator[Event]:
        """The best sentences as the answer, or a refusal where they do not suffice."""
        rarity, nearness = self.library.rarity(asked.terms), self.nearness(asked.standalone)
        finder = EvidenceFinder(asked, draft.hits, rarity, nearness)
        verdict, lead = finder.judge()
        draft = replace(draft, confidence=verdict.coverage)
        clock.lap("evidence")
        if lead is None:
            yield from _refuse(draft, verdict, clock)
            return
        evidence = self._with_byline(asked, finder.choose(lead))
        pieces = []
        for piece in self._quoter.stream(asked, evidence, turns):
            pieces.append(piece)
            yield Text(piece)
        clock.lap("answer")
        done = self._finish(draft, "".join(pieces), evidence, clock)
        if done.answer.citations:
            yield done
        else:
            yield from _refuse(draft, verdict, clock)

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


def _refuse(draft: Answer, verdict: Verdict, clock: _Clock) -> Iterator[Event]:
    """The refusal as the whole answer."""
    text = refusal_text(verdict, draft.hits)
    yield Text(text)
    yield Done(replace(draft, text=text, timings_ms=clock.laps))


def date_notices(citation: Citation) -> list[str]:
    """For each 今年…, 去年… with a month or day in a quotation: which date that was when it was published."""
    published = citation.passage.published
    return [
        f"[{citation.number}] 文中“{words}”即 {meant}（发布于 {published}）。“{words}” is {meant}."
        for words, meant in citation.dates.items()
        if len(meant) > len("2023")
    ]


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
