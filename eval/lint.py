"""Finds what is wrong with a gold set before anybody measures with it. Changes nothing.

An error is what makes figures wrong; a warning is what a person should look at; a note is what limits what may be
concluded. Which questions are near to each other is told in eval.alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from eval.alike import Question, near
from eval.anchors import find_anchors
from eval.gold import Fact, GoldItem, GoldSet
from eval.metrics.answers import shown, tick
from eval.metrics.matching import same_document
from eval.text import normal
from index.library import Library

Severity = Literal["error", "warning", "note"]

UNANSWERABLE = 0.2
"""The share of unanswerable questions below which refusals are hardly measured."""

VERDICT, CLAIM = 30, 200
"""Questions below which no comparison gives a verdict; and below which a difference of 5 points is found in fewer than
41 of 100 comparisons (simulated: one answer in ten changes by chance, α = 0.05)."""

SHORTEST_PROMPT = (
    6  # characters of a question that may be looked for in a prompt; shorter ones stand anywhere
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `id` is the item's, "" for the set as a whole; `message` is Chinese and English."""

    severity: Severity
    code: str
    id: str
    message: str


def lint(
    gold: GoldSet,
    library: Library | None = None,
    train: Iterable[str] | None = None,
    prompts: Iterable[str] = (),
) -> list[Finding]:
    """All findings in the order of the items, those about the whole set last.

    `library` is where quotations are looked for, `train` the questions that a model was trained or tuned on, `prompts`
    the texts that a chat model is told before every question.
    """
    found = [finding for item in gold.items for finding in _item(item)]
    found += _repeated(gold)
    found += _trained(gold, list(train or ()))
    found += _prompted(gold, list(prompts))
    if library is not None:
        found += _evidence(gold, library)
    order = {item.id: place for place, item in enumerate(gold.items)}
    return [*sorted(found, key=lambda finding: order[finding.id]), *_whole(gold)]


def _item(item: GoldItem) -> Iterator[Finding]:
    """What can be seen in one item alone."""
    if not item.answerable:
        if item.facts or item.evidence:
            yield Finding(
                "error",
                "unanswerable-with-evidence",
                item.id,
                "无答案的题却有要点或证据 an unanswerable question has facts or evidence",
            )
        return
    if not item.answers and not item.facts:
        measured = "，只能评检索 only retrieval can be measured" if item.evidence else ""
        yield Finding(
            "warning" if item.evidence else "error",
            "no-answer",
            item.id,
            f"有答案的题没有答案也没有要点 an answerable question has neither answers nor facts{measured}",
        )
    if not item.evidence:
        yield Finding(
            "warning", "no-evidence", item.id, "没有证据，评不了检索 no evidence: retrieval is not measured"
        )
    yield from _facts(item)


def _facts(item: GoldItem) -> Iterator[Finding]:
    quotes = [one.quote for group in item.evidence for one in group if one.quote]
    known = [*item.answers, *quotes]
    for fact in item.facts:
        if fact.type == "number" and not fact.unit.strip():
            yield Finding(
                "error",
                "number-without-unit",
                item.id,
                f"数字要点没有单位 a number without a unit: {shown(fact)}; 确无单位请写成文本要点 if it has none, make it a text",
            )
        if known and not _stands(fact, known, item.question):
            where = "答案和引文 answers and quotes" if item.answers else "引文 quotes"
            yield Finding(
                "error" if item.answers else "warning",
                "fact-unsupported",
                item.id,
                f"要点不在{where}里 a fact stands in none of them: {shown(fact)}",
            )
    vital = [fact for fact in item.facts if fact.vital]
    if item.answers and vital:
        complete = any(
            all(_stands(fact, [answer], item.question) for fact in vital) for answer in item.answers
        )
        if not complete:
            yield Finding(
                "warning",
                "answer-incomplete",
                item.id,
                "没有一个参考答案包含全部必要要点 no reference answer holds all vital facts",
            )


def _stands(fact: Fact, texts: Sequence[str], question: str) -> bool:
    if any(tick(fact, text, question).found >= 1 for text in texts):
        return True
    # The members of a list may be spread over several quotations.
    return fact.type == "list" and tick(fact, "\n".join(texts), question).found >= 1


def _repeated(gold: GoldSet) -> Iterator[Finding]:
    """Questions asked twice, and those of one split that stand in another."""
    alone = [item for item in gold.items if not item.history and not _follows(item)]
    forms = [Question.of(item.question) for item in alone]
    told: set[int] = set()
    for other, one in near(forms, forms):
        if one >= other or other in told:
            continue
        told.add(other)  # once: in a group of alike questions each is near to all before it
        first, second = alone[one], alone[other]
        same = forms[one].text == forms[other].text
        splits = {first.split, second.split}
        if "test" in splits and len(splits - {""}) > 1:
            tested, used = (first, second) if first.split == "test" else (second, first)
            yield _leak(tested, f"{used.split} 集的 {used.id} in split {used.split}", same)
        elif same:
            yield Finding(
                *("error", "duplicate", second.id),
                f"与 {first.id} 的问题相同 the same question as {first.id}",
            )
        else:
            yield Finding(
                "warning",
                "near-duplicate",
                second.id,
                f"与 {first.id} 的问题几乎相同 nearly the same question as {first.id}: {first.question}",
            )


def _follows(item: GoldItem) -> bool:
    """Whether it is a later turn, which means something only after those before it."""
    return bool(item.conversation) and item.id != f"{item.conversation}#0"


def _trained(gold: GoldSet, train: list[str]) -> Iterator[Finding]:
    tested = [item for item in gold.items if item.split != "train" and not _follows(item)]
    forms, learned = [Question.of(item.question) for item in tested], [Question.of(text) for text in train]
    told: dict[int, tuple[bool, int]] = {}
    for one, other in near(forms, learned):
        told[one] = max(told.get(one, (False, -1)), (forms[one].text == learned[other].text, other))
    for place, (same, other) in told.items():
        yield _leak(tested[place], f"训练数据 the training data: {train[other]}", same)


def _leak(item: GoldItem, where: str, same: bool) -> Finding:
    how = "" if same else "几乎 nearly "
    return Finding(
        "error" if same else "warning", "leak", item.id, f"问题{how}出现在 the question stands in {where}"
    )


def _prompted(gold: GoldSet, prompts: list[str]) -> Iterator[Finding]:
    texts = [normal(prompt) for prompt in prompts]
    for item in gold.items:
        question = normal(item.question)
        if len(question) >= SHORTEST_PROMPT and any(question in text for text in texts):
            yield _leak(item, "提示词 the prompt", True)


def knows(library: Library, gold: GoldSet) -> bool:
    """Whether the library holds any document that the evidence names: one for other documents tells nothing."""
    names = [info.name for info in library.documents()]
    wanted = {one.document for item in gold.items for group in item.evidence for one in group}
    return any(same_document(one, name) for one in wanted for name in names)


def _evidence(gold: GoldSet, library: Library) -> Iterator[Finding]:
    """Documents that the library hasn't got, and quotations that no longer stand in them."""
    names = [info.name for info in library.documents()]
    by_file: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_file[name.rsplit("/", 1)[-1]].append(name)
    anchors = find_anchors(gold, library)
    for item in gold.items:
        every = zip(item.evidence, anchors.get(item.id, []), strict=False)
        for one, anchor in (
            (one, anchor) for group, stand in every for one, anchor in zip(group, stand, strict=True)
        ):
            last = one.document.replace("\\", "/").rsplit("/", 1)[-1]
            known = one.document.startswith("sha256:") or any(
                same_document(one.document, name) for name in by_file.get(last, [])
            )
            shown_quote = one.quote if len(one.quote) <= 40 else one.quote[:40] + "…"
            if not known:
                yield Finding(
                    *("error", "unknown-document", item.id), f"库里没有文档 no such document: {one.document}"
                )
            elif anchor == "missing":
                yield Finding(
                    "error",
                    "quote-missing",
                    item.id,
                    f"引文不在文档里 the quote does not stand in {one.document}: {shown_quote}",
                )
            elif anchor == "lost":
                yield Finding(
                    "warning",
                    "quote-lost",
                    item.id,
                    f"引文在原文件里，读取时丢失 the quote stands in the file and was lost in reading: {shown_quote}",
                )


def _whole(gold: GoldSet) -> Iterator[Finding]:
    """What limits what may be concluded from the set."""
    counted = gold.approved().items
    drafts = len(gold.items) - len(counted)
    unanswerable = sum(not item.answerable for item in counted)
    if drafts:
        yield Finding(
            "note", "drafts", "", f"{drafts} 题是草稿，不计入 {drafts} questions are drafts and do not count"
        )
    if counted and unanswerable < UNANSWERABLE * len(counted):
        yield Finding(
            "note",
            "few-unanswerable",
            "",
            f"无答案的题占 {unanswerable / len(counted):.1%}，少于 {UNANSWERABLE:.0%} "
            f"only {unanswerable} of {len(counted)} questions are unanswerable: refusals are hardly measured",
        )
    if len(counted) < CLAIM:
        limit = "分不清 5 个百分点的差别 differences of 5 points are not told apart"
        if len(counted) < VERDICT:
            limit = "给不出比较结论 no comparison gives a verdict"
        yield Finding(
            "note", "small-set", "", f"只有 {len(counted)} 题 only {len(counted)} questions: {limit}"
        )
