"""Gold items made from what was really asked: drafts from answer records, and their approval by a person.

An answer record is a line of `zhida ask --batch`: {"id", "question", "standalone_question", "status", "answer",
"citations", "confidence"}; the turns of a conversation have the ids `id#0`, `id#1`, …, or the turns before a question
stand in "turns": [{"question", "answer"}]. It may hold "feedback": {"verdict": "up|down", "reason", "comment",
"correction"}. The records of a library's history (rag.history) are answer records as well.

A draft never counts in a run and never approves itself: what a system cited and said is only a beginning, and a person
has to read the source, mend the evidence and write the facts.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from eval.alike import Groups, Question
from eval.gold import Evidence, GoldError, GoldItem, GoldSet, PastTurn, as_record, read_gold
from eval.personal import without_personal_data
from rag.cite import without_marks
from rag.history_types import Entry, Feedback
from rag.receipts import Receipt

Reason = Literal["down", "refused", "low", "repeated", "other"]
REASONS: tuple[Reason, ...] = get_args(Reason)
"""Why a question is worth a reviewer's time, the most telling first."""

IN_WORDS: Mapping[Reason, str] = {
    "down": "点踩 thumbs down",
    "refused": "拒答 refused",
    "low": "把握不足 low confidence",
    "repeated": "多次被问 asked repeatedly",
    "other": "",
}
LOW = 0.6
"""A confidence (share of the question that the evidence holds) below which an answer is worth a look; the system
answers from rag.verdict.LEAST_COVERAGE. Of the answers to the sample set 48% of those below it failed, and 34% of the
others, when that stood at 0.45."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer record with the exchanges before it."""

    id: str
    question: str
    turns: tuple[PastTurn, ...]
    record: Mapping[str, Any]

    @property
    def feedback(self) -> Mapping[str, Any]:
        """What the reader said about the answer; empty if nothing."""
        given = self.record.get("feedback")
        return given if isinstance(given, dict) else {}

    @property
    def reason(self) -> Reason:
        """The first reason that this answer by itself gives."""
        confidence = self.record.get("confidence")
        if self.feedback.get("verdict") == "down":
            return "down"
        if self.record.get("status") == "refused":
            return "refused"
        return "low" if isinstance(confidence, int | float) and confidence < LOW else "other"


def read_answers(file: Path) -> tuple[list[Asked], int]:
    """The answered or refused questions of a file, and how many lines held none. Raises GoldError."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"读不了回答文件 cannot read the answers {file}: {error}") from None
    asked: list[Asked] = []
    conversations: dict[str, list[PastTurn]] = defaultdict(list)
    left_out = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        record = _record(line, file, number)
        question, answer = record.get("question"), record.get("answer")
        if not isinstance(question, str) or not question.strip() or record.get("status") == "error":
            left_out += 1
            continue
        name = str(record.get("id", f"line {number}"))
        conversation, mark, turn = name.rpartition("#")
        before = conversations[conversation] if mark and turn.isdigit() else []
        asked.append(Asked(name, question.strip(), tuple(_turns(record) or before), record))
        before.append(PastTurn(question.strip(), _plain_text(answer)))
    return asked, left_out


def asked_in(entries: Iterable[Entry]) -> tuple[list[Asked], int]:
    """The answered or refused questions of a history, and how many others there were (errors, broken off)."""
    asked, left_out = [], 0
    for entry in entries:
        if entry.status in ("answered", "refused") and entry.question.strip():
            asked.append(_asked(entry.receipt, entry.feedback))
        else:
            left_out += 1
    return asked, left_out


def draft_of(receipt: Receipt, feedback: Feedback | None = None) -> GoldItem:
    """The draft of one recorded answer, with what its reader said about it."""
    one = _asked(receipt, feedback)
    return _draft(one.reason, [one])


def keep_draft(item: GoldItem, file: Path) -> bool:
    """Adds a draft to a file of drafts, which is made if it is not there; False if it is in it. Raises GoldError."""
    if file.exists() and any(there.id == item.id for there in read_gold(file).items):
        return False
    _put(file, _with_lines(file, [item]))
    return True


def drafts_of(
    asked: Sequence[Asked], gold: GoldSet | None = None, only: Collection[Reason] = REASONS
) -> list[GoldItem]:
    """A draft for each question that is not in `gold`, the most telling reason first; alike questions give one."""
    known = Groups()
    for question in _asked_in(gold) if gold else ():
        known.add(question)
    groups: dict[int, list[Asked]] = {}
    clusters = Groups()
    for one in asked:
        question = _whole([turn.question for turn in one.turns], one.question)
        if known.find(question) is None:
            groups.setdefault(clusters.add(question), []).append(one)
    made = [(_reason_of(group), group) for group in groups.values()]
    made = [(reason, group) for reason, group in made if reason in only]
    made.sort(key=lambda pair: (REASONS.index(pair[0]), -len(pair[1])))
    return [_draft(reason, group) for reason, group in made]


def approve(drafts: Path, ids: Sequence[str], reviewer: str, gold: Path) -> list[GoldItem]:
    """Moves reviewed drafts into a gold file, which is made if it is not there; returns them as they stand in it.

    The gold file is put in place first: killed in between, the same call goes on. Raises GoldError, and changes
    nothing, for an id that is no draft, an item that is not whole, and a question that the gold set has already.
    """
    waiting = read_gold(drafts)
    there = read_gold(gold) if gold.exists() else GoldSet((), gold.name)
    if not reviewer.strip():
        raise GoldError("--reviewer 不能为空 the reviewer's name must not be empty")
    by_id = {item.id: item for item in waiting.items}
    approved = []
    for item_id in dict.fromkeys(ids):
        if item_id not in by_id:
            raise GoldError(f"{drafts} 里没有草稿 there is no draft {item_id!r}")
        item = replace(by_id[item_id], status="approved", reviewer=reviewer.strip())
        _check(item)
        approved.append(item)
    new = [item for item in approved if item not in there.items]  # all are new but after a broken-off call
    _refuse_duplicates(new, there)
    if new:
        _put(gold, _with_lines(gold, new))
    _put(drafts, _without(drafts, {item.id for item in approved}))
    return approved


def _record(line: str, file: Path, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise GoldError(f"{file} 第 {number} 行不是回答记录 line {number} is not an answer record")
    return record


def _asked(receipt: Receipt, feedback: Feedback | None) -> Asked:
    record: dict[str, Any] = {**receipt.answer, "id": receipt.id, "turns": list(receipt.turns)}
    if feedback is not None:
        record["feedback"] = asdict(feedback)
    return Asked(receipt.id, receipt.question.strip(), tuple(_turns(record)), record)


def _turns(record: Mapping[str, Any]) -> list[PastTurn]:
    """The turns that a record brings along, without what is not a turn."""
    given = record.get("turns")
    turns = [turn for turn in given if isinstance(turn, dict)] if isinstance(given, list) else []
    return [
        PastTurn(str(turn["question"]), _plain_text(turn.get("answer")))
        for turn in turns
        if str(turn.get("question") or "").strip()
    ]


def _plain_text(answer: object) -> str:
    return without_marks(answer).strip() if isinstance(answer, str) else ""


def _reason_of(group: Sequence[Asked]) -> Reason:
    """The most telling reason of all who asked; more than one of them is a reason too."""
    reasons = [one.reason for one in group] + (["repeated"] if len(group) > 1 else [])
    return min(reasons, key=REASONS.index)


def _draft(reason: Reason, group: Sequence[Asked]) -> GoldItem:
    """The draft of a group of alike questions, from the first that gives the group's reason."""
    one = next((one for one in group if one.reason == reason), group[0])
    correction = without_personal_data(str(one.feedback.get("correction") or "").strip())
    refused = one.record.get("status") == "refused"
    answer = _plain_text(one.record.get("answer"))
    wrong = reason == "down"
    answers = (correction,) if correction else () if refused or wrong or not answer else (answer,)
    history = tuple(
        PastTurn(without_personal_data(t.question), without_personal_data(t.answer)) for t in one.turns
    )
    question = without_personal_data(one.question)
    digest = hashlib.sha256(
        json.dumps([question, [turn.question for turn in history]]).encode("utf-8", "replace")
    )
    return GoldItem(
        id=f"draft-{digest.hexdigest()[:10]}",
        question=question,
        history=history,
        answerable=bool(correction) or not refused,
        answers=answers,
        evidence=() if refused else _evidence(one.record),
        status="draft",
        source=f"chat:{one.id}",
        notes=_notes(reason, one, group),
    )


def _notes(reason: Reason, one: Asked, group: Sequence[Asked]) -> str:
    """Why this is here and what the reviewer has to decide."""
    parts = [IN_WORDS[reason]]
    confidence = one.record.get("confidence")
    if isinstance(confidence, int | float):
        parts.append(f"把握 confidence {confidence:.2f}")
    if one.record.get("status") == "refused":
        parts.append(
            "系统拒答，请确认资料里是否真的没有 the system refused: do the documents really not say?"
        )
    elif reason == "down":
        parts.append(f"原回答 it answered: {_plain_text(one.record.get('answer'))}")
    for name, words in (("reason", "原因 reason"), ("comment", "意见 comment")):
        said = without_personal_data(str(one.feedback.get(name) or "").strip())
        if said:
            parts.append(f"{words}: {said}")
    if len(group) > 1:
        parts.append(f"共问 {len(group)} 次 asked {len(group)} times")
    return "；".join(part for part in parts if part)


def _evidence(record: Mapping[str, Any]) -> tuple[tuple[Evidence, ...], ...]:
    """A group for each quotation that was cited, once each, in the order of the citations."""
    groups: dict[tuple[str, str], Evidence] = {}
    cited = record.get("citations")
    for citation in cited if isinstance(cited, list) else ():
        document, quote = citation.get("document"), citation.get("quote")
        if isinstance(document, str) and isinstance(quote, str) and document.strip() and quote.strip():
            page = citation.get("page")
            groups.setdefault(
                (document, quote), Evidence(document, quote, page if isinstance(page, int) else None)
            )
    return tuple((evidence,) for evidence in groups.values())


def _whole(before: Sequence[str], question: str) -> Question:
    """A question with those before it, as it would stand in a gold set."""
    return Question.of(*(without_personal_data(text) for text in (*before, question)))


def _asked_in(gold: GoldSet) -> Iterator[Question]:
    """What the items of a gold set ask, as `_whole` has it."""
    for items in gold.conversations():
        before: list[str] = []
        for item in items:
            yield _whole([*(turn.question for turn in item.history), *before], item.question)
            before.append(item.question)


def _check(item: GoldItem) -> None:
    """Raises GoldError unless a run could say from this item whether an answer is right."""
    problem = ""
    if item.conversation:
        problem = "对话的一轮不能单独批准，请改用 history a turn cannot be approved by itself: give its history instead"
    elif item.answerable and not any(fact.vital for fact in item.facts):
        problem = "可答的题至少要有一个要点 a question with an answer needs a vital fact: 请填 fill in facts"
    elif item.answerable and not item.evidence:
        problem = "可答的题要有证据原句 a question with an answer needs evidence: 请填 fill in evidence"
    elif not item.answerable and (item.evidence or item.facts):
        problem = (
            "不可答的题不应有要点或证据 a question without an answer has no facts and no evidence: "
            "请删去，或改 answerable remove them, or change answerable"
        )
    if problem:
        raise GoldError(f"{item.id}: {problem}")


def _refuse_duplicates(new: Sequence[GoldItem], there: GoldSet) -> None:
    """Raises GoldError for an id or a question (with the turns before it) that is there already, or given twice."""
    ids = {item.id for item in there.items}
    questions = {asked.text for asked in _asked_in(there)}
    for item in new:
        asked = _whole([turn.question for turn in item.history], item.question).text
        if item.id in ids or asked in questions:
            raise GoldError(
                f"{item.id}: 评测集里已有此题 the gold set has this question already: {item.question}"
            )
        ids.add(item.id)
        questions.add(asked)


def _with_lines(gold: Path, new: Sequence[GoldItem]) -> bytes:
    """The file as it is, down to its form and order, with the new items behind it."""
    before = gold.read_bytes() if gold.exists() else b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    return before + b"".join(_line(item) for item in new)


def _without(drafts: Path, ids: Collection[str]) -> bytes:
    """The lines of the drafts without those of `ids`; the others stay as they are."""
    kept = []
    for line in drafts.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True):
        if not line.strip() or json.loads(line).get("id") not in ids:
            kept.append(line)
    return b"".join(kept)


def _line(item: GoldItem) -> bytes:
    return (json.dumps(as_record(item), ensure_ascii=False) + "\n").encode()


def _put(file: Path, data: bytes) -> None:
    """The whole of `data`, or what was there before."""
    partial = file.with_name(file.name + ".partial")
    partial.write_bytes(data)
    partial.replace(file)
