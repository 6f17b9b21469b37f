"""Which sentences answer the question, and whether they are enough to answer it at all.

Sentences are ranked by their features (rag/features.py). The verdict asks whether the best of them,
with what stands around it, speaks of enough of the question, and names what it does not speak of.
Writes no answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from index import words
from index.dates import relative_dates
from index.passage import Hit, Passage
from index.split import clauses
from rag.absent import mentions, stands_at
from rag.demands import demands
from rag.enumeration import Item, enumerations
from rag.facts import chinese_value
from rag.features import FEATURES, Nearness, SentenceFeatures, repeats, sentence_weights, states_new
from rag.lookup import addresses, asks_wording, wording
from rag.matching import comparable
from rag.orders import asks_about_orders, is_order, orders_reader
from rag.question import Constraint, Question
from rag.synonyms import says
from rag.verdict import LEAST_COVERAGE, SPOKEN_OF, likelihood, signs, threshold

ADDS = 0.15
"""The least share of the question that a second sentence must add to be quoted too."""

CLOSE = 0.5
"""A second sentence is quoted too when its score is as near as this to the best one's. Scores are log odds:
at 0.5 the second is 0.6 times as likely to be the answer as the first."""

SHORT_ITEM = 40
"""Characters below which an item of a list (二是重点防范…) is a headline that the next sentence explains."""

DEFINES = 3.0
"""What it adds to a sentence's score, in log odds, that it says what the thing is whose meaning is asked for."""

SHORT = 26
"""Characters below which a sentence hardly answers how or why: the next one does."""

LOOKED_AT = 3
"""Best sentences in whose articles an enumeration of as many items as were asked for is looked for."""

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
    r"[2-9二两三四五六七八九十]+[个大项点条类种]*(?:方面|内容|步骤|要点|问题|要求|任务|举措|词|意义|疑问)|以下|[:：][*_\s]*$"
)
_SAYS = re.compile(r"说|表示|指出|认为|介绍|强调|预言|坦言|回忆|建议|道[，：。]")
_GOES_ON = re.compile(r"它|这|该|其(?!中|他|次|余)|也就是|即|一方面|通过|具体|比如|例如|首先")
_ASKS_MEANING = re.compile(
    r"什么叫做?|何为|何谓|什么是|(?:是|指|指的是|代表|表示)(?:什么|啥)(?:意思|东西)?|什么意思|(?:怎么|怎样|如何)定义|的?(?:定义|含义|全称|缩写)(?:是(?:什么|啥)?)?"
    r"|what (?:is|does)|stands? for|mean"
)
_ABOUT_WORDS = re.compile(r"[“”\"「」『』‘’？?。！!\s]|^请问|^问一下|^(?:那个|这个|所谓)|[的呀啊呢吗嘛]+$")
_ASKS_ALL = re.compile(
    r"哪些|哪[几2-9二两三四五六七八九十]|分别|几(?:个|项|点|条|种|类|大|方面|步|重)|都有(?:谁|什么)|包括什么|有什么|有何|什么(?:情况|情形|要求|内容|措施|条件|步骤|做法|区别|作用)"
)
"""What a question says that wants all items of an enumeration."""

_COUNT_ASKED = re.compile(
    r"(?:哪|这|那)?([2-9二两三四五六七八九十])(?:个|项|点|条|种|类|大|方面|步|重|件|位|力|部分|化|者)"
)
_ITEM = re.compile(
    r"(?:第?[一二三四五六七八九十]+(?:[是、,，]|方面)|首先|其次|再次|最后[，,]|[（(]?\d+[.、)）](?!\d))"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of a passage put before the answerer: `text` is document.text[start:end].

    `score` says how well it answers: higher is better, comparable within one question only. `wording` is set for the
    sentences of a clause whose wording is asked for, which are to be quoted one and all.
    """

    passage: Passage
    start: int
    end: int
    score: float = 0.0
    wording: bool = False
    listed: bool = False
    """Whether it is one of several items that only together are the answer."""

    @property
    def text(self) -> str:
        """The stretch itself."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the evidence suffices. `coverage` is the weighted share (0..1) of the question it holds.

    `uncovered` names the parts of the question of which it does not speak, as a person would write them; `absent`
    the clauses that the question gives the address of and that were not found: 《产品质量法》第二十六条.
    """

    enough: bool
    coverage: float
    uncovered: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


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
        self._rows: dict[tuple[int, int, int], list[float]] = {}
        self.ranked = self._rank()
        asks_for_it = asks_wording(question.standalone)
        self._asked_for = addresses(question.standalone) if asks_for_it else []
        self._clause = self._asked_clause()

    def _rank(self) -> list[Evidence]:
        weights = sentence_weights()
        asked = comparable(self.question.standalone)
        about_orders = asks_about_orders(asked)
        defines = definition_of(asked)
        found: dict[str, Evidence] = {}
        for (passage, start, end), row in zip(*self._features.of(self._hits), strict=True):
            score = sum(weights[name] * value for name, value in zip(FEATURES, row, strict=True))
            piece = Evidence(passage, passage.start + start, passage.start + end, score)
            self._rows[passage.id, piece.start, piece.end] = row
            own = comparable(piece.text)
            if repeats(asked, own) or (orders_reader(own) and not about_orders):
                continue
            if defines is not None and defines.search(own):
                piece = replace(piece, score=score + DEFINES)
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
            verdict = self._judge_one(piece)
            if verdict.enough:
                return verdict, piece
            if verdict.coverage > best.coverage:
                best = verdict
        return best, None

    def _candidates(self) -> list[Evidence]:
        """Of a question for the wording of a clause, the ranked sentences at its address or that name it; else all."""
        if not self._asked_for:
            return self.ranked
        return [
            piece
            for piece in self.ranked
            if any(
                stands_at(one, piece.passage) or mentions(one, replace(piece.passage, text=piece.text), True)
                for one in self._asked_for
            )
        ]

    def choose(self, lead: Evidence, most: int = 3) -> list[Evidence]:
        """The sentence `lead` with what belongs to it, else at most `most` - 1 others that add to it."""
        if lead in self._clause:
            return self._clause
        listed = self._listed(lead)
        if listed:
            return listed
        companions = announced_items(lead) or self._continuation(lead)
        if companions:
            return [lead, *companions]
        chosen = [lead]
        close = CLOSE if self.question.parts == 1 else CLOSE_OF_PARTS
        for piece in self._candidates()[:8]:
            is_close = lead.score - piece.score < close
            if len(chosen) < most and piece is not lead and (is_close or self._gain(chosen, piece) > ADDS):
                chosen.append(piece)
        return chosen

    def _listed(self, lead: Evidence) -> list[Evidence]:
        """The items of the enumeration that was asked for, with what announces them; [] if none was, or is found.

        That is the one that `lead` belongs to or announces, else one with as many items as the question says.
        """
        asked = comparable(self.question.standalone)
        if not _ASKS_ALL.search(asked):
            return []
        count = _COUNT_ASKED.search(asked)
        wanted = chinese_value(count[1]) or int(count[1]) if count else 0
        best: list[Item] = []
        for items in enumerations([lead.passage, *self._others_of(lead.passage)]):
            inside = any(
                item.passage.id == lead.passage.id
                and item.start + item.passage.start <= lead.start < item.end + item.passage.start
                for item in items
            )
            follows = _ANNOUNCES.search(lead.text) and _stands_before(lead, items[0])
            if inside or follows or (wanted == len(items) and not best):
                best = items
                if inside or follows:
                    break
        pieces = [
            Evidence(
                one.passage,
                one.passage.start + one.start,
                one.passage.start + one.end,
                lead.score,
                listed=True,
            )
            for one in best
        ]
        if not pieces or (pieces[0].passage.id, pieces[0].start) == (lead.passage.id, lead.start):
            return pieces
        inside = any(piece.text == lead.text for piece in pieces)
        return pieces if inside or lead.passage.kind == "head" else [lead, *pieces]

    def _others_of(self, passage: Passage) -> list[Passage]:
        """The other passages found of the same article, by the same speaker."""
        return [
            hit.passage
            for hit in self._hits
            if hit.passage.id != passage.id
            and hit.passage.kind == "body"
            and _same_article(hit.passage, passage)
        ]

    def _continuation(self, piece: Evidence) -> list[Evidence]:
        """The sentence that goes on about the same thing (它是…), or that says whose words were quoted."""
        before, after = _next_to(piece)
        if self.question.asks == "who" and not _SAYS.search(piece.text):
            return [one for one in (after, before) if one and _SAYS.search(one.text)][:1]
        if (
            self.question.asks in ("other", "why", "how")
            and after
            and (
                _GOES_ON.match(after.text)
                or (_ITEM.match(piece.text) and len(piece.text) < SHORT_ITEM)
                or (self.question.asks != "other" and len(piece.text) < SHORT)
            )
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

    def examined(self, piece: Evidence) -> tuple[bool, list[float]]:
        """Whether a sentence of `ranked` meets the firm demands, and its signs: what rag.verdict learns from."""
        texts = self._texts(piece)
        return not self._lacking(piece, texts)[0], self._signs(piece, texts)

    def _judge_one(self, piece: Evidence) -> Verdict:
        texts = self._texts(piece)
        ruled_out, uncovered = self._lacking(piece, texts)
        coverage = (
            self._features.share([texts["src"]]) * (1 - ELSEWHERE)
            + self._features.share([texts["art"]]) * ELSEWHERE
        )
        enough = (
            not ruled_out
            and coverage >= LEAST_COVERAGE
            and likelihood(self._signs(piece, texts)) >= threshold()
        )
        return Verdict(enough, coverage, uncovered)

    def _texts(self, piece: Evidence) -> dict[str, str]:
        """What stands in and around a sentence, comparable: as in rag.verdict, and "beside" without the context."""
        passage = piece.passage
        years = "".join(
            f"{meant[:4]}年" for meant in relative_dates(passage.text, passage.published).values()
        )
        context = comparable(f"{passage.context} {passage.published} {passage.publisher}")
        beside = comparable(" ".join(one.text for one in (piece, *_next_to(piece)) if one))
        source = comparable(
            f"{passage.context} {passage.published} {passage.publisher} {years} {passage.text}"
        )
        return {
            "own": f"{comparable(piece.text)} {context}",
            "beside": f"{beside} {comparable(passage.published)}",
            "near": f"{context} {beside}",
            "src": source,
            "art": f"{source} {self._article_of(passage)}",
        }

    def _lacking(self, piece: Evidence, texts: Mapping[str, str]) -> tuple[bool, tuple[str, ...]]:
        """Whether what a sentence lacks rules it out, and what that is, as a person would write it."""
        asked, article = comparable(self.question.standalone), texts["art"]
        reach = {"title": article, "edition": article, "place": texts["near"]}
        lacking = [
            one for one in self.question.constraints if not _meets(one, reach.get(one.kind, texts["src"]))
        ]
        unmet = [
            one
            for one in demands(asked)
            if not one.met(article if one.reach == "article" else texts["beside"])
        ]
        absent = [term for term in self.question.terms if says(term, article) < SPOKEN_OF]
        of_head = self._speaks_of_head(texts["near"])
        if not of_head and self.question.head_noun not in absent:
            absent.append(self.question.head_noun)
        ruled_out = (
            bool(unmet)
            or not of_head
            or not states_new(self.question.asks, asked, texts["beside"])
            or any(_excludes(one, texts["src"], piece.passage.published) for one in lacking)
        )
        named = [one.shown for one in lacking] + [one.shown for one in unmet]
        return ruled_out, tuple(dict.fromkeys(named + absent))

    def _signs(self, piece: Evidence, texts: Mapping[str, str]) -> list[float]:
        row = dict(zip(FEATURES, self._rows[piece.passage.id, piece.start, piece.end], strict=True))
        asked = comparable(self.question.standalone)
        states = states_new(self.question.asks, asked, comparable(piece.text))
        return signs(self._features, row, piece.score, texts, states)

    def _speaks_of_head(self, text: str) -> bool:
        """Whether `text` speaks of what is asked about, if the question says what that is: 前主席 may be 原主席."""
        noun = self.question.head_noun
        held = says(noun, text) if noun else 1.0
        return held >= SPOKEN_OF or (held > 0 and f"前{noun}" in comparable(self.question.standalone))

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


@lru_cache(maxsize=64)
def definition_of(question: str) -> re.Pattern[str] | None:
    """For a comparable question for the meaning or the full name of a word, how a sentence says it; None for others."""
    asked = _ASKS_MEANING.search(question)
    if not asked:
        return None
    quoted = re.search(r"[“\"「]([^”\"」]{2,20})[”\"」]", question)
    word = quoted[1] if quoted else _ABOUT_WORDS.sub("", _ASKS_MEANING.sub(" ", question).split(",")[0])
    word = re.sub(r"(?:上|里|中|里面)?(?:说|讲|提到)的?$", "", word.strip())
    if not 2 <= len(word) <= 16 or "的" in word:
        return None
    name = re.escape(word)
    return re.compile(
        rf"{name}[”」)）]?\s*(?:\([^()]{{0,40}}\)\s*)?,?(?:是指|指的?是|就是|系指|是(?!否)|指|即|:|意为|意味着|作为一种|=)"
        rf"|(?:称为|称作|叫做?|简称为?|以下简称|即)[“「]?{name}|\w\s?\([“]?{name}[”]?[,)]"
    )


def _stands_before(piece: Evidence, item: Item) -> bool:
    """Whether the item's sentence is the first behind `piece`, in its passage or at the beginning of the next."""
    if item.passage.id == piece.passage.id:
        return not item.passage.text[piece.end - piece.passage.start : item.start].strip(" \n*_")
    return item.passage.start >= piece.end and piece.end >= piece.passage.end - 2 and item.start < 3


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
    if constraint.kind == "name" and (versioned := re.fullmatch(r"([a-z]+)([\d.]+)", constraint.key)):
        return re.search(rf"{versioned[1]}[- ]?{re.escape(versioned[2])}(?!\.?\d)", source) is not None
    if constraint.kind == "year":
        return re.search(rf"{constraint.key}(?:年|[-~至到](?:19|20)?\d\d年|-\d\d)", source) is not None
    return constraint.key in source
