"""Example questions out of the library itself, so that a click works whatever the documents are.

A clause that states one figure becomes the question for it (企业有612家 → 企业有多少家？), one that announces parts
the question which they are, one with a date when; a term is asked for where it is defined; a speaker, for their post.
Only questions that the library answers from that very passage are offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from index.passage import Passage, Where, is_private
from rag.answerers.extractive import ExtractiveAnswerer
from rag.chatbot import Chatbot

WANTED = 4
PASSAGES_READ = 2000  # enough to choose from; a large library is not read through for four examples
TRIED = 40
CLAUSE = re.compile(r"[^，,；;。！？!?：:、“”\"（）()\s]+")
FIGURE = re.compile(
    r"^(?P<before>[^\d]{7,22}?)(?P<figure>\d+(?:\.\d+)?)余?(?P<unit>(?:[万亿]?(?:[家项户条名人个台套种件次所吨元]|批次)|%))$"
)
DANGLING = re.compile(
    r"^(?:[其该这那此我他她它并也还又仅共约从到在比对把与和及将已了由使以近过]|第|同时|分别|最[后终]|目前|去年|今年)"
)
LISTING = re.compile(
    r"^(?P<before>[^\d]{4,24}?)(?P<verb>分为|包括|共有|设有|有)(?:以下)?(?:[二两三四五六七八九十]|[2-9]|1\d)"
    r"个?(?P<unit>方面|步骤|阶段|要点|问题|要求|任务|举措|原则|条件|环节|类型|类别|等级|部分)$"
)
DATED = re.compile(
    r"^(?P<before>[^\d]{3,24}?)(?:将于|自|于|从|定于)(?P<date>(?:\d{4}年)?\d{1,2}月\d{1,2}日)起?"
    r"(?P<verb>(?:正式)?(?:施行|实施|生效|举行|召开|开始|启动|发布))"
)
DEFINED = re.compile(r"^(?P<term>[^，。；：、\s是]{2,16})(?P<said>是指|系指|指的是)")
ESTIMATE = re.compile(r"(?:近|约|超过?|逾|不[低高少多]于|至少|[第的了])$")


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the passage it was made from, and what an answer to it has to contain."""

    question: str
    passage: Passage
    answer: str


def examples(passages: Iterable[Passage]) -> Iterator[Example]:
    """At most one question of each kind for each article."""
    done: set[tuple[str, str, str]] = set()
    for passage in passages:
        for kind, made in (("figure", _figure(passage)), ("post", _post(passage))):
            key = (kind, passage.document, passage.article)
            if made is not None and key not in done:
                done.add(key)
                yield made


def questions_of(passage: Passage) -> list[Example]:
    """All questions that one passage gives, the most telling first."""
    if passage.kind != "body":
        return []
    made = (_defined(passage), _listing(passage), _dated(passage), _figure(passage), _post(passage))
    return [example for example in made if example is not None]


def choose(chatbot: Chatbot, wanted: int = WANTED, readable: frozenset[str] | None = None) -> list[str]:
    """Up to `wanted` questions that the chatbot's library answers, from as many documents as there are.

    They come from the collections `readable`, None for all, and never from private ones.
    """
    probe = Chatbot(chatbot.retriever, ExtractiveAnswerer())
    open_to_all = Where(readable=readable)
    common = (
        passage
        for passage in chatbot.library.all_passages()
        if not is_private(passage.collection) and open_to_all.admits(passage)
    )
    found = list(examples(islice(common, PASSAGES_READ)))
    # One question for a post shows that people are known; the rest are figures, documents in turn.
    posts = [example for example in found if example.question.endswith("职务？")]
    figures = _in_turn([example for example in found if example not in posts])
    chosen = [example.question for example in islice(_answered(probe, posts), 1)]
    figures_wanted = wanted - len(chosen)
    return [example.question for example in islice(_answered(probe, figures), figures_wanted)] + chosen


def _answered(probe: Chatbot, candidates: Iterable[Example]) -> Iterator[Example]:
    for example in islice(candidates, TRIED):
        # Nobody in particular asks: what is in somebody's own files must not show in anybody's examples.
        answer = probe.ask(example.question, where=Where(readable=frozenset([example.passage.collection])))
        sources = {citation.passage.document for citation in answer.citations[:1]}
        if (
            answer.status == "answered"
            and example.answer in answer.text
            and example.passage.document in sources
        ):
            yield example


def _in_turn(candidates: list[Example]) -> list[Example]:
    """The first of each document, then the second of each, and so on."""
    seen: dict[str, int] = {}
    ranks = []
    for example in candidates:
        ranks.append(seen.get(example.passage.document, 0))
        seen[example.passage.document] = ranks[-1] + 1
    return [example for _, example in sorted(zip(ranks, candidates, strict=True), key=lambda pair: pair[0])]


def _figure(passage: Passage) -> Example | None:
    for clause in CLAUSE.findall(passage.text) if passage.kind == "body" else []:
        found = FIGURE.match(clause)
        if found and not DANGLING.match(clause) and not ESTIMATE.search(found["before"]):
            unit = found["unit"]
            asked = "百分之多少" if unit == "%" else f"多少{unit.lstrip('万亿') if len(unit) > 1 else unit}"
            return Example(f"{found['before']}{asked}？", passage, found["figure"] + unit)
    return None


def _post(passage: Passage) -> Example | None:
    speaker = passage.speaker
    if speaker is None or not speaker.role:
        return None
    return Example(f"{speaker.name}担任什么职务？", passage, speaker.role)


def _listing(passage: Passage) -> Example | None:
    for clause in CLAUSE.findall(passage.text):
        found = LISTING.match(clause)
        if found and not DANGLING.match(clause):
            return Example(f"{found['before']}{found['verb']}哪些{found['unit']}？", passage, "")
    return None


def _dated(passage: Passage) -> Example | None:
    for clause in CLAUSE.findall(passage.text):
        found = DATED.match(clause)
        if found and not DANGLING.match(clause):
            return Example(f"{found['before']}什么时候{found['verb']}？", passage, found["date"])
    return None


def _defined(passage: Passage) -> Example | None:
    for clause in CLAUSE.findall(passage.text):
        found = DEFINED.match(clause)
        if found and not DANGLING.match(clause):
            return Example(f"什么是{found['term']}？", passage, found["said"])
    return None
