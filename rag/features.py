"""What can be told of a sentence before it is read: the features by which evidence is ranked.

Shares count the question's words, rare ones more; `FEATURES` names the columns, in order. The weights
that turn a row into a score are made by rag/training.py and kept in models/sentence.json.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from index import words
from index.clauses import is_clause_number
from index.passage import Hit, Passage
from index.sections import STEP
from index.split import MOST, clauses
from rag.matching import comparable, longest_common, weigh
from rag.question import Asks, Question
from rag.synonyms import says

WEIGHTS = Path(__file__).parent / "models" / "sentence.json"

FEATURES = (
    "own",  # share of the question's words in the sentence
    "around",  # share in the sentence and those before and after it
    "passage",  # share in the whole passage
    "context",  # share in title, heading and speaker
    "beyond",  # share in the sentence of those words that are not in title, heading or speaker
    "noun",  # holds the noun that is asked about (the 营收 of 公司的营收是多少)
    "distinct",  # share in the sentence, counting more what few sentences of the passage hold
    "bigrams",  # share of the question's character pairs in the sentence
    "stretch",  # longest stretch of characters in common, by the question's length
    "standing",  # score of the passage, by the best passage's
    "meaning",  # inner product of the vectors of question and sentence
    "type",  # looks like the kind of answer that is asked for
    "head",  # is a headline
    "head_asked",  # is a headline, and the question asks who, when or from where
    "length",  # logarithm of the number of characters
    "first",  # is the first sentence of its passage
    "asked_before",  # longest stretch in common with the characters before the question word, as a share of these
    "asked_behind",  # the same with those behind it: what is asked stands there, and the rest only says of what
)

Nearness = Callable[[Sequence[str]], Sequence[float]]
"""From texts to the inner products of their vectors with the question's, -1..1."""

Span = tuple[Passage, int, int]
"""A sentence as its passage, and start and end in the passage's text."""

_TYPE_SIGNS: Mapping[Asks, re.Pattern[str]] = {
    "number": re.compile(r"\d|[一二三四五六七八九十百千万亿两][个家项条户人名张次种类年天位层级倍成]"),
    "when": re.compile(r"\d+\s*[年月日时]|世纪|年代|[今去明]年|[上本下]月"),
    "who": re.compile(
        r"先生|女士|教授|局长|主任|院长|经理|董事|记者|专家|作者|主席|校长|社长|总监|总裁|说|认为|指出|表示|提出"
    ),
    "source": re.compile(r"来源|\d{1,2}:\d{2}|网|报"),
    "list": re.compile(r"、.*、|；|一是|第一|包括|分别|以及"),
    "why": re.compile(r"因为|由于|因此|所以|原因|为了|旨在|考虑|以便|从而|导致|得益于"),
    "how": re.compile(r"通过|采取|采用|利用|建立|实施|开展|推动|加强|用于|可以|一是|首先"),
}

_SIGNS_BY_WORDING = (
    (
        re.compile(
            r"哪里|哪儿|[何哪](?:处|地)|哪一?[个座]?(?:国家?|城市|省|市|县|区|地方?|州|镇|村|岛|大陆|洲|车?站)|什么地方"
            r"|位于|地点|地理位置|所在|籍贯|出生地"
        ),
        re.compile(r"[省市县区州镇村岛路街国洲港湾站府郡京都]|地处|在"),
    ),
    (
        re.compile(r"[什何]么?(?:名|称)|(?:叫做?|称为|称作)(?:什么|啥|何|\W*$)|简称|全称|别名|名字|被称"),
        re.compile(r"[“「『《]|称为|称作|又称|又名|叫做?|简称|别名|俗称|即|亦称|称之"),
    ),
)
"""Questions for a place and for a name, which no kind of `Asks` tells, and what an answer to them looks like."""

_QUESTION_WORD = re.compile(r"什么|多少|谁|哪|几|为何|如何|怎|何")
_BEFORE, _BEHIND = 8, 12
"""Characters around the question word that are held against a sentence: what is asked, without the preamble."""

LONGEST_COMPARED = 200
"""Characters of the question that are held against each sentence."""

_ITEM_HEAD = re.compile(
    r"\s*(?:[（(][一二三四五六七八九十\d]{1,3}[）)]|[一二三四五六七八九十\d]{1,3}[、.．]|第?[一二三四五六七八九十]{1,3}(?:是|[,，、]))"
    r"\s*[^\s，,；;：:。\d]{2,20}。\s*"
)
"""A numbered item that is called so and then explained in sentences of its own: （二）公开课。共8讲，…."""

_NUMERALS = ("2二两", "3三", "4四", "5五", "6六", "7七", "8八", "9九")
_COUNT = re.compile(r"哪([2-9二两三四五六七八九])")

_YEAR_OR_DATE = re.compile(r"(?:1\d|20)\d\d年(?:\d{1,2}月)?(?:\d{1,2}日)?|\d{1,2}月\d{1,2}日|\d{1,2}月")
"""What is no quantity although it has digits."""

_QUANTITY = re.compile(
    r"\d[\d.,]*(?:\s*[万亿])?|[一二三四五六七八九十百千万亿两半]{2,}"
    r"|[一二三四五六七八九十百千万亿两半][个家项条户人名张次种类年天位层级倍成元块枚只本辆台件份岁米里吨度届期周秒公小分多余到至]"
)
_MOMENT = re.compile(
    r"(?:\d+|[一二三四五六七八九十]+)\s*[年月日时]|世纪|年代|[今去明]年|[上本下]月|\d{4}[-./]\d{1,2}|(?:19|20)\d\d"
    r"|(?<=\w)(?:时|后)(?=[,;。]|$)|(?:之|以)[前后]|前夕|期间|时期"
)


@cache
def sentence_weights() -> Mapping[str, float]:
    """The weight of each feature in a sentence's score."""
    weights: dict[str, float] = json.loads(WEIGHTS.read_text(encoding="utf-8"))["weights"]
    return weights


def score(row: Sequence[float]) -> float:
    """What a row of FEATURES makes of a sentence, in log odds: higher is better, comparable within one question only."""
    weights = sentence_weights()
    return sum(weights[name] * value for name, value in zip(FEATURES, row, strict=True))


class SentenceFeatures:
    """Describes sentences for one question. `rarity` maps its terms to inverse document frequencies."""

    def __init__(
        self, question: Question, rarity: Mapping[str, float], nearness: Nearness | None = None
    ) -> None:
        self.question = question
        self.weights = weigh(rarity, question.terms)
        self._nearness = nearness
        self._normal = words.normalize(question.standalone)[:LONGEST_COMPARED]
        self._contexts: dict[str, tuple[float, dict[str, float]]] = {}
        self._pairs = frozenset(words.bigrams(" ".join(question.terms)))
        word = _QUESTION_WORD.search(self._normal)
        at = word.start() if word else 0
        self._before = self._normal[max(0, at - _BEFORE) : at]
        self._behind = self._normal[at : at + _BEHIND] if word else ""
        self._signs = _signs(question.asks, self._normal)

    def of(self, hits: Sequence[Hit]) -> tuple[list[Span], list[list[float]]]:
        """The sentences of the hits' passages, and for each a row of FEATURES; short clauses side by side count as one."""
        best = max((hit.score for hit in hits), default=1.0) or 1.0
        spans: list[Span] = []
        rows: list[list[float]] = []
        for group in groups_of_clauses(hits):
            found = [(hit.passage, *unit) for hit in group for unit in units(hit.passage.text)]
            spans += found
            rows += self._rows(found, max(hit.score for hit in group) / best)
        if self._nearness and spans:
            near = self._nearness([passage.text[start:end] for passage, start, end in spans])
            for row, value in zip(rows, near, strict=True):
                row[FEATURES.index("meaning")] = value
        return spans, rows

    def share(self, texts: Sequence[str]) -> float:
        """The weighted share of the question's terms that the (normalised) texts hold between them, 0..1."""
        total = sum(self.weights.values())
        if not total:
            return 0.0
        return (
            sum(
                w * max((says(term, text) for text in texts), default=0.0) for term, w in self.weights.items()
            )
            / total
        )

    def _rows(self, spans: Sequence[Span], standing: float) -> list[list[float]]:
        texts = with_heads([comparable(passage.text[start:end]) for passage, start, end in spans])
        whole = self.share([" ".join(texts)])
        held = {term: [says(term, text) for text in texts] for term in self.weights}
        noun = self.question.head_noun
        rows = []
        for i, (text, (passage, _, _)) in enumerate(zip(texts, spans, strict=True)):
            context, beyond = self._around(passage)
            is_head = passage.kind == "head"
            row = {
                "own": self.share([text]),
                "around": self.share(texts[max(0, i - 1) : i + 2]),
                "passage": whole,
                "context": context,
                "beyond": sum(w * held[term][i] for term, w in beyond.items())
                / (sum(beyond.values()) or 1.0),
                "noun": says(noun, text) if noun else 0.0,
                "distinct": self._distinct(held, i),
                "bigrams": len(self._pairs.intersection(words.bigrams(text))) / max(1, len(self._pairs)),
                "stretch": longest_common(self._normal, text) / max(1, len(self._normal)),
                "standing": standing,
                "type": float(self._looks_like_answer(text)),
                "head": float(is_head),
                "head_asked": float(is_head and self.question.asks in ("who", "when", "source")),
                "length": math.log(1 + len(text)),
                "first": float(i == 0),
                "asked_before": longest_common(self._before, text) / _BEFORE,
                "asked_behind": longest_common(self._behind, text) / _BEHIND,
            }
            rows.append([row.get(name, 0.0) for name in FEATURES])
        return rows

    def _looks_like_answer(self, text: str) -> bool:
        """Whether a (comparable) sentence has what an answer of the kind asked for has, and more than the question."""
        return any(all(sign.search(text) for sign in signs) for signs in self._signs) and states_new(
            self.question.asks, self._normal, text
        )

    def _around(self, passage: Passage) -> tuple[float, dict[str, float]]:
        """The share that a passage's context holds, and the terms that it doesn't hold, with their weights."""
        if passage.context not in self._contexts:
            context = comparable(passage.context)
            beyond = {term: weight for term, weight in self.weights.items() if says(term, context) < 0.5}
            self._contexts[passage.context] = self.share([context]), beyond
        return self._contexts[passage.context]

    def _distinct(self, held: Mapping[str, Sequence[float]], i: int) -> float:
        """As `share` of sentence i, but a term weighs less the more sentences of the passage hold it."""
        total = value = 0.0
        for term, shares in held.items():
            weight = self.weights[term] * math.log(1 + (len(shares) + 1) / (sum(shares) + 0.5))
            total += weight
            value += weight * shares[i]
        return value / total if total else 0.0


def units(text: str) -> list[tuple[int, int]]:
    """The sentences of a passage as they are ranked: the headline of an item goes with the sentence behind it."""
    found: list[tuple[int, int]] = []
    heads = False
    for start, end in clauses(text):
        if heads and "\n" not in text[found[-1][1] : start]:
            found[-1] = (found[-1][0], end)
            heads = False
            continue
        found.append((start, end))
        heads = _ITEM_HEAD.fullmatch(text, start, end) is not None
    return found


def with_heads(texts: Sequence[str]) -> list[str]:
    """Sentences in their order, the rows of a table in bars (as in Markdown) each with the table's head before it."""
    found: list[str] = []
    head = ""
    for text in texts:
        is_row = text.startswith("|")
        found.append(f"{head} {text}" if is_row and head else text)
        head = (head or text) if is_row else ""
    return found


def groups_of_clauses(hits: Sequence[Hit]) -> list[list[Hit]]:
    """The hits, with clauses that stand next to each other under one heading put together, up to MOST characters.

    A clause leaves to its neighbours what it speaks of; what stands around a sentence doesn't end with it.
    Groups are in the order of their best hits, and their hits in that of the text.
    """
    order = sorted(range(len(hits)), key=lambda at: (hits[at].passage.document_id, hits[at].passage.start))
    groups: list[list[int]] = []
    for at in order:
        if groups and _goes_on(hits[groups[-1][0]].passage, hits[groups[-1][-1]].passage, hits[at].passage):
            groups[-1].append(at)
        else:
            groups.append([at])
    return [[hits[at] for at in group] for group in sorted(groups, key=min)]


def _goes_on(first: Passage, last: Passage, passage: Passage) -> bool:
    """Whether a passage is the clause behind `last`, and still near enough to `first`."""
    near = (last.document_id, last.article) == (passage.document_id, passage.article) and (
        passage.start - last.end <= 2 and passage.end - first.start <= MOST
    )
    if not near or passage.kind != "body":
        return False
    (above, _, number), (parent, _, own) = (one.heading.rpartition(STEP) for one in (last, passage))
    return above == parent and is_clause_number(number) and is_clause_number(own)


def _signs(asks: Asks, question: str) -> list[list[re.Pattern[str]]]:
    """What an answer to the (normalised) question may look like: all patterns of one of the lists."""
    found = [[sign] for asked, sign in _SIGNS_BY_WORDING if asked.search(question)]
    if asks in _TYPE_SIGNS:
        count = _count_pattern(question) if asks == "list" else None
        found.append([_TYPE_SIGNS[asks], count] if count else [_TYPE_SIGNS[asks]])
    return found


def _count_pattern(question: str) -> re.Pattern[str] | None:
    """For 哪三种… what says three in an answer; None when the question names no number of things."""
    match = _COUNT.search(question)
    if not match:
        return None
    numeral = match[1]
    return re.compile(
        "(?<!第)[" + "".join(pair for pair in _NUMERALS if numeral in pair) + "][个大项点条类种力者步]?"
    )


def states_new(asks: Asks, question: str, text: str) -> bool:
    """Whether `text` names a quantity ("number") or a moment ("when") that `question` does not; True for other kinds.

    Both normalised. A sentence that only repeats the year of the question says neither how many nor when.
    """
    if asks == "number":
        known = set(_QUANTITY.findall(question))
        return any(found not in known for found in _QUANTITY.findall(_YEAR_OR_DATE.sub(" ", text)))
    if asks == "when":
        return any(found not in question for found in _MOMENT.findall(text))
    return True


def repeats(asks: Asks, question: str, text: str) -> bool:
    """Whether `text` says no more than the question: all but one of its characters stand in pairs of the question.

    One may be the answer where a number or a day is asked for: 发现七项不符合 to 发现几项不符合.
    """
    if asks in ("number", "when") and states_new(asks, question, text):
        return False
    pairs = {question[i : i + 2] for i in range(len(question) - 1)}
    letters = "".join(re.findall(r"\w", text))
    new = sum(
        letters[max(0, i - 1) : i + 1] not in pairs and letters[i : i + 2] not in pairs
        for i in range(len(letters))
    )
    return new < 2
