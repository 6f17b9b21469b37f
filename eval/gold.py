"""Gold questions: what is asked, what a right answer holds, and the sentences that prove it.

Two forms of JSON lines are read, line by line, and may be mixed. The canonical one (eval/gold_schema.json):

    {"schema": "zhida-gold/1", "id": "q-1", "question": "…", "history": [{"question": "…", "answer": "…"}],
     "answerable": true, "answers": ["…"], "facts": [{"any": ["66项", "66 项"]}, {"type": "number", "value": 30, "unit": "日"}],
     "forbidden": ["…"], "evidence": [[{"doc": "a.txt", "quote": "…"}, {an alternative}], [{…}]], "tags": ["数字"], …}

and the simple one: {"id", "question", "facts": [[alternative, …], …], "evidence": [{"doc", "quote"}, …], "answerable",
"tags"}. A conversation is {"id", "turns": [items without ids]}; its turns get the ids `id#0`, `id#1`, … and are asked in
order, each after the answers to those before it. Evidence names a document and its words, never a passage, so that another
way of splitting leaves a gold set valid. Writing, tables and checks are in eval.gold_files, eval.sheets and eval.lint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from index.errors import ZhidaError

SCHEMA = "zhida-gold/1"
FactType = Literal["text", "number", "percent", "date", "list"]
GoldStatus = Literal["draft", "approved"]


class GoldError(ZhidaError):
    """A gold file cannot be read; names the line and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quotation that proves an answer, by document name and words. `page` only helps a person to find it."""

    document: str
    quote: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a right answer holds.

    text     one of `any` stands in the answer
    number   `value` in `unit` (万 and 亿 are converted), off by at most `tolerance`; `any` may name other ways to say it
    percent  `value` per hundred, off by at most `tolerance` points
    date     `value` as YYYY, YYYY-MM or YYYY-MM-DD
    list     at least `least` of `members` (0: all); a member is a group of alternatives

    Only `vital` facts decide whether an answer is correct.
    """

    type: FactType = "text"
    any: tuple[str, ...] = ()
    value: str | float = ""
    unit: str = ""
    tolerance: float = 0.0
    members: tuple[tuple[str, ...], ...] = ()
    least: int = 0
    vital: bool = True
    id: str = ""


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A fixed earlier exchange that comes before the question whatever the system would have answered."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class GoldItem:
    """One question. Every group of `evidence` is needed; within a group any one quotation will do."""

    id: str
    question: str
    history: tuple[PastTurn, ...] = ()
    answerable: bool = True
    answers: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    forbidden: tuple[str, ...] = ()
    evidence: tuple[tuple[Evidence, ...], ...] = ()
    tags: tuple[str, ...] = ()
    difficulty: int | None = None
    split: str = ""
    weight: float = 1.0
    status: GoldStatus = "approved"
    author: str = ""
    reviewer: str = ""
    source: str = ""
    created: str = ""
    notes: str = ""
    conversation: str = ""
    """The id of the conversation that this is a turn of, else ""."""


@dataclass(frozen=True, slots=True)
class GoldSet:
    """The items of one file, in its order."""

    items: tuple[GoldItem, ...]
    name: str = ""

    @property
    def hash(self) -> str:
        """SHA-256 of what is asked and expected: the same for any order of lines and either form of file."""
        lines = sorted(json.dumps(as_record(item), ensure_ascii=False, sort_keys=True) for item in self.items)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def conversations(self) -> list[list[GoldItem]]:
        """The items that are asked one after the other: turns together, every other item on its own."""
        groups: dict[str, list[GoldItem]] = {}
        for item in self.items:
            groups.setdefault(item.conversation or f"\n{item.id}", []).append(item)
        return list(groups.values())

    def select(self, keep: Callable[[GoldItem], bool]) -> GoldSet:
        """The items that `keep` holds for; a conversation stays whole if any of its turns is kept."""
        kept = {item.conversation for item in self.items if keep(item)} - {""}
        return replace(
            self, items=tuple(item for item in self.items if keep(item) or item.conversation in kept)
        )

    def approved(self) -> GoldSet:
        """The items that count: without the drafts."""
        return replace(self, items=tuple(item for item in self.items if item.status == "approved"))


def read_gold(file: Path) -> GoldSet:
    """All items of a JSON lines file, drafts included. Raises GoldError with the number of the line."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise GoldError(f"评测集文件不存在 gold file not found: {file}") from None
    except (UnicodeDecodeError, OSError) as error:
        raise GoldError(f"读不了评测集 cannot read the gold file {file}: {error}") from None
    items: list[GoldItem] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = list(items_of(json.loads(line)))
        except (ValueError, RecursionError) as error:
            raise GoldError(
                f"{file} 第 {number} 行不是有效的评测题 line {number} is not a gold item: {error}"
            ) from None
        for item in found:
            if item.id in seen:
                raise GoldError(
                    f"{file} 第 {number} 行的 id {item.id!r} 与第 {seen[item.id]} 行重复 "
                    f"line {number} repeats the id of line {seen[item.id]}"
                )
            seen[item.id] = number
        items += found
    return GoldSet(tuple(items), file.name)


def items_of(record: object) -> Iterator[GoldItem]:
    """The item, or the turns, that one line's object holds. Raises ValueError saying what is wrong."""
    fields_of = _mapping(record, "line")
    item_id = _text(fields_of.get("id"), "id")
    turns = fields_of.get("turns")
    if turns is None:
        yield item_of(fields_of, item_id)
        return
    for i, turn in enumerate(_list(turns, "turns")):
        yield replace(item_of(_mapping(turn, "turn"), f"{item_id}#{i}"), conversation=item_id)


def item_of(record: Mapping[str, Any], item_id: str) -> GoldItem:
    """The item that a record of either form describes. Raises ValueError for an unknown or a wrong value."""
    unknown = set(record) - _KEYS
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}; known are {', '.join(sorted(_KEYS))}")
    answers = record.get("answers", [record["answer"]] if record.get("answer") else [])
    status = record.get("status", "approved")
    if status not in get_args(GoldStatus):
        raise ValueError(f"status must be draft or approved, not {status!r}")
    return GoldItem(
        id=item_id,
        question=_text(record.get("question"), "question"),
        history=tuple(
            PastTurn(_text(turn.get("question"), "question"), turn.get("answer", ""))
            for turn in _list(record.get("history", []), "history")
        ),
        answerable=_flag(record.get("answerable", True), "answerable"),
        answers=_texts(answers, "answers"),
        facts=tuple(_fact(one) for one in _list(record.get("facts", []), "facts")),
        forbidden=_texts(record.get("forbidden", []), "forbidden"),
        evidence=tuple(_group(one) for one in _list(record.get("evidence", []), "evidence")),
        tags=_texts(record.get("tags", []), "tags"),
        difficulty=record.get("difficulty"),
        split=record.get("split", ""),
        weight=_number(record.get("weight", 1.0), "weight"),
        status=status,
        **{name: record.get(name, "") for name in ("author", "reviewer", "source", "created", "notes")},
    )


def as_record(item: GoldItem) -> dict[str, Any]:
    """The canonical object of one item, without what is at its default; `item_of` reads it back."""
    default = GoldItem(item.id, item.question)
    record: dict[str, Any] = {"schema": SCHEMA, "id": item.id, "question": item.question}
    for spec in fields(GoldItem):
        value = getattr(item, spec.name)
        if spec.name in record or spec.name == "conversation" or value == getattr(default, spec.name):
            continue
        record[spec.name] = _RECORDS.get(spec.name, _plain)(value)
    return record


def _fact(record: object) -> Fact:
    """A fact of the canonical form, or a group of alternatives of the simple one."""
    if isinstance(record, list):
        return Fact(any=_texts(record, "facts"))
    given = _mapping(record, "fact")
    kind = given.get("type", "text")
    if kind not in get_args(FactType):
        raise ValueError(f"fact type must be one of {', '.join(get_args(FactType))}, not {kind!r}")
    unknown = set(given) - {"id", "type", "any", "value", "unit", "tol", "members", "least", "vital"}
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r} in a fact")
    value = given.get("value", "")
    if kind in ("number", "percent"):
        value = _number(value, f"value of a {kind}")
    needed = {"text": "any", "list": "members"}.get(kind, "value")
    if given.get(needed) in (None, "", []):
        raise ValueError(f"a fact of type {kind} needs {needed!r}")
    return Fact(
        type=kind,
        any=_texts(given.get("any", []), "any"),
        value=value,
        unit=given.get("unit", ""),
        tolerance=_number(given.get("tol", 0.0), "tol"),
        members=tuple(
            (one,) if isinstance(one, str) else _texts(one, "members")
            for one in _list(given.get("members", []), "members")
        ),
        least=int(_number(given.get("least", 0), "least")),
        vital=_flag(given.get("vital", True), "vital"),
        id=given.get("id", ""),
    )


def _fact_record(fact: Fact) -> dict[str, Any]:
    default = Fact()
    record: dict[str, Any] = {}
    for spec in fields(Fact):
        value = getattr(fact, spec.name)
        if value != getattr(default, spec.name):
            record["tol" if spec.name == "tolerance" else spec.name] = _plain(value)
    return record


def _group(record: object) -> tuple[Evidence, ...]:
    """A group of alternatives; in the simple form a single quotation stands for a group of one."""
    alternatives = record if isinstance(record, list) else [record]
    group = []
    for one in alternatives:
        given = _mapping(one, "evidence")
        group.append(Evidence(_text(given.get("doc"), "doc"), _text(given.get("quote"), "quote"), given.get("page")))
    return tuple(group)


def _group_record(group: tuple[Evidence, ...]) -> list[dict[str, Any]]:
    return [
        {"doc": one.document, "quote": one.quote} | ({} if one.page is None else {"page": one.page}) for one in group
    ]


def _plain(value: Any) -> Any:
    """Tuples as lists, all the way down."""
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


_RECORDS: Mapping[str, Callable[[Any], Any]] = {
    "facts": lambda facts: [_fact_record(one) for one in facts],
    "evidence": lambda groups: [_group_record(one) for one in groups],
    "history": lambda turns: [{"question": one.question, "answer": one.answer} for one in turns],
}
_KEYS = {spec.name for spec in fields(GoldItem)} - {"conversation"} | {"schema", "answer"}


def _mapping(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be an object, not {value!r}")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name} must be a list, not {value!r}")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} must be a text that is not empty, not {value!r}")
    return value


def _texts(value: object, name: str) -> tuple[str, ...]:
    return tuple(_text(one, name) for one in _list(value, name))


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {value!r}")
    return value


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number, not {value!r}")
    return value
