"""Finds the sentences that answer a question, and those that are quoted beside them.

Sentences are ranked by their features (rag.features); whether the best of them suffices is judged in rag.sufficiency,
and what belongs to a sentence is found in rag.companions. Writes no answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from index.passage import Hit, Passage
from index.split import clauses
from rag.absent import mentions, stands_at
from rag.companions import announced_items, antecedent, continuation, enumerated
from rag.definitions import definition_of
from rag.evidence import Evidence, Verdict, same_article, sentences_of
from rag.features import FEATURES, Nearness, SentenceFeatures, repeats, score
from rag.framing import answer_behind, is_bare_line, says_nothing, stands_in_question
from rag.lookup import addresses, asks_wording, wording
from rag.matching import comparable
from rag.orders import asks_about_orders, is_order, orders_reader
from rag.question import Question
from rag.sufficiency import Sufficiency

ADDS = 0.15
"""The least share of the question that a second sentence must add to be quoted too."""

CLOSE = 0.7
"""A second sentence is quoted too when its score is as near as this to the best one's. Scores are log odds:
at 0.7 the second is half as likely to be the answer as the first."""

CLOSE_OF_PARTS = 1.5
"""The same where two things are asked for at once: the answer is then likely in two sentences."""

_PUBLICATION = re.compile(
    r"(?:哪[一]?[天年月日]|什么时候|何时|时间|日期).{0,4}(?:发布|刊登|发表|刊发|报道)|(?:发布|刊登|发表|刊发)(?:时间|日期|于)"
)
_DATELINE = re.compile(r"来源|\d{1,2}:\d{2}|^\S{1,12}(?:讯|电)|-\S{2,12}[网报]\b|\([a-z0-9.-]+\.[a-z]{2,}\)")
"""What a line looks like that says where or when an article was published."""


class EvidenceFinder:
    """Ranks, judges and chooses the sentences of `hits` for one question; other arguments as for SentenceFeatures.
    Passages whose ids are `apart` are read and not quoted.

    `ranked` holds the sentences of the hits' passages, best first, none twice, without those that only repeat the
    question or give orders to whoever writes the answer.
    """

    def __init__(
        self,
        question: Question,
        hits: Sequence[Hit],
        rarity: Mapping[str, float],
        nearness: Nearness | None = None,
        apart: Collection[int] = (),
    ) -> None:
        self.question = question
        self._hits = hits
        self._apart = apart
        self._features = SentenceFeatures(question, rarity, nearness)
        self._sufficiency = Sufficiency(question, hits, self._features)
        self._rows: dict[tuple[int, int, int], list[float]] = {}
        self.ranked = self._rank()
        asks_for_it = asks_wording(question.standalone)
        self._asked_for = addresses(question.standalone) if asks_for_it else []
        self._clause = self._asked_clause()

    def _rank(self) -> list[Evidence]:
        asked = comparable(self.question.standalone)
        about_orders = asks_about_orders(asked)
        definition = definition_of(asked)
        found: dict[str, Evidence] = {}
        for (passage, start, end), row in zip(*self._features.of(self._hits), strict=True):
            piece = Evidence(passage, passage.start + start, passage.start + end, score(row))
            self._rows[passage.id, piece.start, piece.end] = row
            own = comparable(piece.text)
            if (
                passage.id in self._apart
                or repeats(self.question.asks, asked, own)
                or says_nothing(piece, asked)
                or (orders_reader(own) and not about_orders)
            ):
                continue
            if definition is not None:
                piece = replace(piece, score=piece.score + definition.worth(passage, start, own))
            known = found.get(piece.text)
            if known is None or piece.score > known.score:
                found[piece.text] = piece
        return sorted(found.values(), key=lambda piece: -piece.score)

    def _asked_clause(self) -> list[Evidence]:
        """For a question for the wording of a clause, the sentences of that clause; [] for any other."""
        if not self._hits or "lookup" not in self._hits[0].stages or not self._asked_for:
            return []
        if not any(stands_at(one, self._hits[0].passage) for one in self._asked_for):
            return []
        return [
            Evidence(passage, passage.start + start + first, passage.start + start + last, wording=True)
            for passage, start, end in wording(self._asked_for, [hit.passage for hit in self._hits])
            for first, last in clauses(passage.text[start:end])
        ]

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
        for piece in self._candidates()[:5]:
            verdict = self._sufficiency.judge(piece, self._row(piece))
            if verdict.enough:
                return verdict, piece
            if verdict.coverage > best.coverage:
                best = verdict
        return best, None

    def _candidates(self) -> list[Evidence]:
        """Of a question for the wording of a clause, the ranked sentences at its address or that name it; else all."""
        ranked = [piece for piece in self.ranked if not self._is_empty(piece)]
        if not self._asked_for:
            return ranked
        return [
            piece
            for piece in ranked
            if any(
                stands_at(one, piece.passage) or mentions(one, replace(piece.passage, text=piece.text), True)
                for one in self._asked_for
            )
        ]

    def _is_empty(self, piece: Evidence) -> bool:
        """Whether a piece is a headline where a reason or a way is asked for, or a bare line that has neither a word of
        the question nor what it asks for."""
        if piece.passage.kind == "head" and self.question.asks in ("why", "how"):
            return True
        row = self._row(piece)
        return not row["own"] and not row["type"] and is_bare_line(piece)

    def choose(self, lead: Evidence, most: int = 3) -> list[Evidence]:
        """The sentence `lead` with what belongs to it, else at most `most` - 1 others that add to it."""
        return [one for piece in self._chosen(lead, most) for one in sentences_of(piece)]

    def _chosen(self, lead: Evidence, most: int) -> list[Evidence]:
        if lead in self._clause:
            return self._clause
        if stands_in_question(lead):
            return answer_behind(lead)
        listed = enumerated(self.question, lead, self._others_of(lead.passage))
        if listed:
            return listed
        companions = announced_items(lead) or continuation(self.question, lead)
        if companions:
            return [lead, *companions]
        chosen = [*antecedent(lead), lead]
        close = CLOSE if self.question.parts == 1 else CLOSE_OF_PARTS
        for piece in self._candidates()[:8]:
            is_close = lead.score - piece.score < close
            is_new = all((one.passage.id, one.start) != (piece.passage.id, piece.start) for one in chosen)
            adds = is_new and (is_close or self._gain(chosen, piece) > ADDS)
            # A headline, a signature or a table's row says nothing beside a sentence.
            if len(chosen) < most and adds and not (stands_in_question(piece) or is_bare_line(piece)):
                chosen.append(piece)
        return chosen

    def _others_of(self, passage: Passage) -> list[Passage]:
        """The other passages found of the same article, its headline left out."""
        return [
            hit.passage
            for hit in self._hits
            if hit.passage.id != passage.id
            and hit.passage.kind == "body"
            and same_article(hit.passage, passage)
        ]

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

    def examined(self, piece: Evidence) -> tuple[bool, list[float]]:
        """Whether a sentence of `ranked` meets the firm demands, and its signs: what rag.verdict learns from."""
        return self._sufficiency.examined(piece, self._row(piece))

    def _row(self, piece: Evidence) -> dict[str, float]:
        """The FEATURES of a sentence of `ranked` by name."""
        return dict(zip(FEATURES, self._rows[piece.passage.id, piece.start, piece.end], strict=True))
