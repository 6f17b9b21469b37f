"""Which sentences answer the question, and whether they are enough to answer it at all.

Sentences are ranked by their features (rag/features.py). The verdict asks whether the best of them,
with what stands around it, speaks of enough of the question, and names what it does not speak of.
Writes no answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index import words
from index.dates import relative_dates
from index.passage import Hit, Passage
from index.split import clauses
from rag.demands import demands
from rag.features import FEATURES, Nearness, SentenceFeatures, repeats, sentence_weights, states_new
from rag.lookup import addresses, asks_wording, span
from rag.matching import comparable, holds
from rag.orders import asks_about_orders, is_order, orders_reader
from rag.question import Constraint, Question

ENOUGH = 0.45
"""The least weighted share of the question's words that the evidence must hold for an answer."""

ADDS = 0.15
"""The least share of the question that a second sentence must add to be quoted too."""

CLOSE = 0.5
"""A second sentence is quoted too when its score is as near as this to the best one's. Scores are log odds:
at 0.5 the second is 0.6 times as likely to be the answer as the first."""

SHORT_ITEM = 40
"""Characters below which an item of a list (二是重点防范…) is a headline that the next sentence explains."""

ELSEWHERE = 0.7
"""What a word is worth that stands in another passage of the same article, instead of in the passage itself."""

CLOSE_OF_PARTS = 1.5
"""The same where two things are asked for at once: the answer is then likely in two sentences."""

_PUBLICATION = re.compile(
    r"(?:哪[一]?[天年月日]|什么时候|何时|时间|日期).{0,4}(?:发布|刊登|发表|刊发|报道)|(?:发布|刊登|发表|刊发)(?:时间|日期|于)"
)
_DATELINE = re.compile(r"来源|\d{1,2}:\d{2}|^\S{1,12}(?:讯|电)|-\S{2,12}[网报]\b|\([a-z0-9.-]+\.[a-z]{2,}\)")
"""What a line looks like that says where or when an article was published."""

_ANNOUNCES = re.compile(
    r"[2-9二两三四五六七八九十]+[个大项点条类种]*(?:方面|内容|步骤|要点|问题|要求|任务|举措|词|意义|疑问)|以下|[:：]$"
)
_SAYS = re.compile(r"说|表示|指出|认为|介绍|强调|预言|坦言|回忆|建议|道[，：。]")
_GOES_ON = re.compile(r"它|这|该|其(?!中|他|次|余)|也就是")
_ITEM = re.compile(
    r"(?:第?[一二三四五六七八九十]+(?:[是、,，]|方面)|首先|其次|再次|最后[，,]|[（(]?\d+[.、)）](?!\d))"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of a passage put before the answerer: `text` is document.text[start:end].

    `score` says how well it answers: higher is better, comparable within one question only.
    """

    passage: Passage
    start: int
    end: int
    score: float = 0.0

    @property
    def text(self) -> str:
        """The stretch itself."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the evidence suffices. `coverage` is the weighted share (0..1) of the question it holds.

    `uncovered` names the parts of the question of which it does not speak, as a person would write them.
    """

    enough: bool
    coverage: float
    uncovered: tuple[str, ...] = ()


class EvidenceFinder:
    """Ranks, judges and chooses the sentences of `hits` for one question; other arguments as for SentenceFeatures.

    `ranked` holds the sentences of the hits' passages, best first, none twice, without those that only repeat the
    question or give orders to whoever writes the answer.
    """

    def __init__(
        self,
        question: Question,
        hits: Sequence[Hit],
        rarity: Mapping[str, float],
        nearness: Nearness | None = None,
    ) -> None:
        self.question = question
        self._hits = hits
        self._features = SentenceFeatures(question, rarity, nearness)
        self.ranked = self._rank()
        self._clause = self._asked_clause()

    def _rank(self) -> list[Evidence]:
        weights = sentence_weights()
        asked = comparable(self.question.standalone)
        about_orders = asks_about_orders(asked)
        found: dict[str, Evidence] = {}
        for (passage, start, end), row in zip(*self._features.of(self._hits), strict=True):
            score = sum(weights[name] * value for name, value in zip(FEATURES, row, strict=True))
            piece = Evidence(passage, passage.start + start, passage.start + end, score)
            own = comparable(piece.text)
            if repeats(asked, own) or (orders_reader(own) and not about_orders):
                continue
            known = found.get(piece.text)
            if known is None or piece.score > known.score:
                found[piece.text] = piece
        return sorted(found.values(), key=lambda piece: -piece.score)

    def _asked_clause(self) -> list[Evidence]:
        """For a question for the wording of a clause, the sentences of that clause; [] for any other."""
        if (
            not self._hits
            or "lookup" not in self._hits[0].stages
            or not asks_wording(self.question.standalone)
        ):
            return []
        passage = self._hits[0].passage
        found = span(addresses(self.question.standalone), passage)
        if found is None:
            return []
        text = passage.text[found[0] : found[1]].rstrip()
        start = passage.start + found[0]
        return [Evidence(passage, start + first, start + last) for first, last in clauses(text)]

    def judge(self) -> tuple[Verdict, Evidence | None]:
        """Whether one of the best sentences, with what stands around it, speaks of enough of the question.

        Returns the verdict and that sentence; if none is enough, the verdict that came nearest and None.
        """
        if is_order(comparable(self.question.standalone)):
            return Verdict(False, 0.0), None
        if self._clause:
            return Verdict(True, 1.0), self._clause[0]
        dateline = self._dateline()
        if dateline:
            return Verdict(True, 1.0), dateline
        best = Verdict(False, 0.0, self.question.terms)
        for piece in self.ranked[:5]:
            verdict = self._judge_one(piece)
            if verdict.enough:
                return verdict, piece
            if verdict.coverage > best.coverage:
                best = verdict
        return best, None

    def choose(self, lead: Evidence, most: int = 3) -> list[Evidence]:
        """The sentence `lead` with what belongs to it, else at most `most` - 1 others that add to it."""
        if lead in self._clause:
            return self._clause
        companions = announced_items(lead) or self._continuation(lead)
        if companions:
            return [lead, *companions]
        chosen = [lead]
        close = CLOSE if self.question.parts == 1 else CLOSE_OF_PARTS
        for piece in self.ranked[:8]:
            is_close = lead.score - piece.score < close
            if len(chosen) < most and piece is not lead and (is_close or self._gain(chosen, piece) > ADDS):
                chosen.append(piece)
        return chosen

    def _continuation(self, piece: Evidence) -> list[Evidence]:
        """The sentence that goes on about the same thing (它是…), or that says whose words were quoted."""
        before, after = _next_to(piece)
        if self.question.asks == "who" and not _SAYS.search(piece.text):
            return [one for one in (after, before) if one and _SAYS.search(one.text)][:1]
        if (
            self.question.asks in ("other", "why", "how")
            and after
            and (_GOES_ON.match(after.text) or (_ITEM.match(piece.text) and len(piece.text) < SHORT_ITEM))
        ):
            return [after]
        return []

    def _gain(self, chosen: Sequence[Evidence], piece: Evidence) -> float:
        """The share of the question that `piece` holds and none of `chosen`, nor its title or speaker, does."""
        before = [comparable(f"{one.passage.context} {one.text}") for one in chosen]
        return self._features.share([*before, comparable(piece.text)]) - self._features.share(before)

    def _dateline(self) -> Evidence | None:
        """For a question about a 《title》 itself, from where or when it is: the line under that title that says so."""
        if self.question.asks != "source" and not _PUBLICATION.search(self.question.standalone):
            return None
        titles = [one.key for one in self.question.constraints if one.kind == "title"]
        for piece in self.ranked:
            article = comparable(piece.passage.article)
            if any(title in article for title in titles) and _DATELINE.search(piece.text):
                return piece
        return None

    def _judge_one(self, piece: Evidence) -> Verdict:
        passage = piece.passage
        years = "".join(
            f"{meant[:4]}年" for meant in relative_dates(passage.text, passage.published).values()
        )
        source = comparable(
            f"{passage.context} {passage.published} {passage.publisher} {years} {passage.text}"
        )
        article = f"{source} {self._article_of(passage)}"
        coverage = (
            self._features.share([source]) * (1 - ELSEWHERE) + self._features.share([article]) * ELSEWHERE
        )
        lacking = [
            one
            for one in self.question.constraints
            if not _meets(one, article if one.kind == "title" else source)
        ]
        absent = [term for term in self.question.terms if holds(term, article) < 0.5]
        hard = self.question.head_noun in absent or any(
            _excludes(one, source, passage.published) for one in lacking
        )
        around = comparable(
            " ".join(one.text for one in (piece, *_next_to(piece)) if one) + passage.published
        )
        asked = comparable(self.question.standalone)
        hard = hard or not states_new(self.question.asks, asked, around)
        unmet = [one for one in demands(asked) if not one.met(article if one.reach == "article" else around)]
        hard = hard or bool(unmet)
        named = [one.shown for one in lacking] + [one.shown for one in unmet]
        uncovered = tuple(dict.fromkeys(named + absent))
        return Verdict(not hard and coverage >= ENOUGH, coverage, uncovered)

    def _article_of(self, passage: Passage) -> str:
        """The other passages found of the same article: a subject is named once and then spoken of."""
        others = (hit.passage for hit in self._hits if _same_article(hit.passage, passage))
        return " ".join(comparable(other.text) for other in others)


def announced_items(piece: Evidence) -> list[Evidence]:
    """The enumerated sentences that follow a sentence such as 分为3个方面 in its passage; [] if it announces none."""
    if not _ANNOUNCES.search(piece.text):
        return []
    passage, offset = piece.passage, piece.end - piece.passage.start
    spans = [(start, end) for start, end in clauses(passage.text) if start >= offset]
    items = [(start, end) for start, end in spans if _ITEM.match(passage.text[start:end])]
    if len(items) < 2 or items[0] != spans[0]:
        return []
    return [
        Evidence(passage, passage.start + start, passage.start + end, piece.score) for start, end in items
    ]


def _next_to(piece: Evidence) -> tuple[Evidence | None, Evidence | None]:
    """The sentences before and after one, inside its passage."""
    passage = piece.passage
    spans = [(passage.start + start, passage.start + end) for start, end in clauses(passage.text)]
    before = [span for span in spans if span[1] <= piece.start][-1:]
    after = [span for span in spans if span[0] >= piece.end][:1]
    one, other = (Evidence(passage, *span[0], piece.score) if span else None for span in (before, after))
    return one, other


def _same_article(one: Passage, other: Passage) -> bool:
    return (one.document_id, one.article) == (other.document_id, other.article)


def _excludes(constraint: Constraint, source: str, published: str) -> bool:
    """Whether a source that lacks the constraint cannot answer; a year if the source speaks of another or is older."""
    if constraint.kind != "year":
        return True
    return bool(re.search(r"(?:19|20)\d{2}年", source)) or "" < published[:4] < constraint.key


def _meets(constraint: Constraint, source: str) -> bool:
    if constraint.kind == "standard":
        return constraint.key in words.tokenize(source)
    if constraint.kind == "year":
        return re.search(rf"{constraint.key}(?:年|[-~至到](?:19|20)?\d\d年|-\d\d)", source) is not None
    return constraint.key in source
