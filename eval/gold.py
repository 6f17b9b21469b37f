"""Gold questions: what is asked, what a right answer holds, and the sentences that prove it.

Two forms of JSON lines are read, line by line, and may be mixed. The canonical one (eval/gold_schema.json):

    {"schema": "zhida-gold/1", "id": "q-1", "question": "…", "history": [{"question": "…", "answer": "…"}],
     "answerable": true, "answers": ["…"], "facts": [{"any": ["66项", "66 项"]}, {"type": "number", "value": 30, "unit": "日"}],
     "forbidden": ["…"], "evidence": [[{"doc": "a.txt", "quote": "…"}, {an alternative}], [{…}]], "tags": ["数字"], …}

and the simple one: {"id", "question", "facts": [[alternative, …], …], "evidence": [{"doc", "quote"}, …], "answerable",
"tags"}. A conversation is {"id", "turns": [items without ids]}; its turns get the ids `id#0`, `id#1`, … and are asked in
order, each after the answers to those before it; tags, split, status and the like that stand beside `turns` hold for
each turn that does not say otherwise. Evidence names a document and its words, never a passage, so that another
way of splitting leaves a gold set valid. Writing, tables and checks are in eval.gold_files, eval.sheets and eval.lint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from eval import gold_fields as check
from eval.gold_fields import ItemError
from index.errors import ZhidaError

SCHEMA = "zhida-gold/1"
FactType = Literal["text", "number", "percent", "date", "list"]
GoldStatus = Literal["draft", "approved"]
PROBLEMS = 20  # how many problems of one file are told


class GoldError(ZhidaError):
    """A gold file cannot be read or written. `problems` holds a line for each place that is wrong."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__(" · ".join(problems))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quotation that proves an answer, by document name and words. `page` only helps a person to find it.

    An empty `quote` means: anywhere in this document. It is matched by every passage of the document and by no other
    (data that name only the document that holds the answer); nothing is looked for in the text then.
    """

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
        """SHA-256 of what is asked and expected: the same for any order of lines and any form of file."""
        lines = sorted(
            json.dumps(
                {**as_record(item), "conversation": item.conversation}, ensure_ascii=False, sort_keys=True
            )
            for item in self.items
        )
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
        """The items that count: without the drafts, and without conversations that hold a draft."""
        open_still = {item.conversation for item in self.items if item.status == "draft"} - {""}
        return replace(
            self,
            items=tuple(
                item
                for item in self.items
                if item.status == "approved" and item.conversation not in open_still
            ),
        )


def read_gold(file: Path) -> GoldSet:
    """All items of a JSON lines file, drafts included. Raises GoldError with the numbers of the wrong lines."""
    items: list[GoldItem] = []
    seen: dict[str, int] = {}
    problems: list[str] = []
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        try:
            found = list(items_of(json.loads(line)))
        except (ValueError, RecursionError) as error:
            problems.append(f"第 {number} 行不是有效的评测题 line {number} is not a gold item: {error}")
            continue
        for item in found:
            if item.id in seen:
                problems.append(
                    f"第 {number} 行的 id {item.id!r} 与第 {seen[item.id]} 行重复 "
                    f"line {number} repeats the id of line {seen[item.id]}"
                )
            seen.setdefault(item.id, number)
        items += found
    if problems:
        raise gold_error(file, problems)
    return GoldSet(tuple(items), file.name)


def gold_error(file: Path, problems: list[str]) -> GoldError:
    """The error that tells the first problems of a file and how many more there are."""
    more = len(problems) - PROBLEMS
    rest = [f"另有 {more} 处 and {more} more"] if more > 0 else []
    return GoldError(f"{file} {problems[0]}", *problems[1:PROBLEMS], *rest)


def items_of(record: object) -> Iterator[GoldItem]:
    """The item, or the turns, that one line's object holds. Raises ItemError saying what is wrong."""
    given = _wrapped("line", check.mapping, record)
    item_id = _wrapped("id", check.identifier, given.get("id"))
    if "turns" not in given:
        yield item_of(given, item_id)
        return
    allowed = SHARED | {"schema", "id", "turns"}
    shared = {
        name: given[name] for name in _wrapped("line", check.known, given, allowed, "对话 a conversation")
    }
    turns = _wrapped("turns", check.items, shared.pop("turns"))
    if not turns:
        raise ItemError([("turns", "应有至少一轮 needs at least one turn")])
    for i, turn in enumerate(turns):
        own = _wrapped(f"turns[{i}]", check.mapping, turn)
        if own.keys() & {"id", "schema"}:
            raise ItemError(
                [(f"turns[{i}]", "各轮没有自己的 id 和 schema a turn has no id and no schema of its own")]
            )
        yield replace(item_of({**shared, **own}, f"{item_id}#{i}"), conversation=item_id)


def item_of(record: Mapping[str, Any], item_id: str) -> GoldItem:
    """The item that a record of either form describes. Raises ItemError naming every wrong field."""
    problems: list[tuple[str, str]] = []
    values: dict[str, Any] = {}
    given = {**record}
    if given.setdefault("schema", SCHEMA) != SCHEMA:
        problems.append(("schema", f"应为 must be {SCHEMA!r}, 得到 got {given['schema']!r}"))
    answer = given.pop("answer", None)
    if answer is not None and "answers" not in given:
        given["answers"] = [answer]
    given.setdefault("question", None)
    for name, value in given.items():
        if name in ("schema", "id"):
            continue
        try:
            if name not in _READERS:
                raise ValueError(f"没有这一项 unknown; 可用 known: {', '.join(_READERS)}")
            values[name] = _READERS[name](value)
        except ValueError as error:
            problems.append((name, str(error)))
    if problems:
        raise ItemError(problems)
    return GoldItem(id=item_id, **values)


def as_record(item: GoldItem) -> dict[str, Any]:
    """The canonical object of one item, without what is at its default; `item_of` reads it back.

    Which conversation it is a turn of is not in it: that is said by where it stands in the file.
    """
    default = GoldItem(item.id, item.question)
    record: dict[str, Any] = {"schema": SCHEMA, "id": item.id, "question": item.question}
    for spec in fields(GoldItem):
        value = getattr(item, spec.name)
        if spec.name in record or spec.name == "conversation" or value == getattr(default, spec.name):
            continue
        record[spec.name] = _RECORDS.get(spec.name, _plain)(value)
    return record


def _wrapped(field: str, read: Callable[..., Any], *given: object) -> Any:
    """What `read` makes of `given`; its complaint is about `field`."""
    try:
        return read(*given)
    except ValueError as error:
        raise ItemError([(field, str(error))]) from None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise GoldError(f"评测集文件不存在 gold file not found: {file}") from None
    except (UnicodeDecodeError, OSError) as error:
        raise GoldError(f"读不了评测集 cannot read the gold file {file}: {error}") from None


_FACT_KEYS: Mapping[str, set[str]] = {
    "text": {"any"},
    "number": {"value", "unit", "tol", "any"},
    "percent": {"value", "tol", "any"},
    "date": {"value", "any"},
    "list": {"members", "least"},
}


def _fact(record: object) -> Fact:
    """A fact of the canonical form, or a group of alternatives of the simple one."""
    if isinstance(record, list):
        record = {"any": record}
    given = check.mapping(record)
    kind = given.get("type", "text")
    if kind not in get_args(FactType):
        raise ValueError(f"type 应为 must be one of {', '.join(get_args(FactType))}, 得到 got {kind!r}")
    check.known(given, _FACT_KEYS[kind] | {"type", "id", "vital"}, f"{kind} 类要点 a fact of type {kind} ")
    for needed in ("any", "value", "members"):
        if (
            needed in _FACT_KEYS[kind]
            and given.get(needed) in (None, [])
            and (needed != "any" or kind == "text")
        ):
            raise ValueError(f"{kind} 类要点缺少 a fact of type {kind} needs {needed!r}")
    members = tuple(
        check.texts([one] if isinstance(one, str) else one) for one in check.items(given.get("members", []))
    )
    least = check.whole(given.get("least", 0))
    if not all(members) or least > len(members):
        raise ValueError(
            "members 里有空项，或 least 超过项数 members hold an empty one, or fewer than `least`"
        )
    value: str | float = ""
    if "value" in given:
        value = check.iso_date(given["value"]) if kind == "date" else check.number(given["value"])
    return Fact(
        type=kind,
        any=check.texts(given.get("any", [])),
        value=value,
        unit=check.string(given.get("unit", "")),
        tolerance=check.number(given.get("tol", 0.0), least=0),
        members=members,
        least=least,
        vital=check.flag(given.get("vital", True)),
        id=check.string(given.get("id", "")),
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
    group = []
    for one in record if isinstance(record, list) else [record]:
        given = check.known(check.mapping(one), {"doc", "quote", "page"}, "证据 evidence ")
        page = check.whole(given["page"], least=1) if "page" in given else None
        group.append(Evidence(check.text(given.get("doc")), check.string(given.get("quote", "")), page))
    if not group:
        raise ValueError("证据组不能为空 a group of evidence needs at least one quotation")
    return tuple(group)


def _group_record(group: tuple[Evidence, ...]) -> list[dict[str, Any]]:
    return [
        {"doc": one.document, "quote": one.quote} | ({} if one.page is None else {"page": one.page})
        for one in group
    ]


def _past_turn(record: object) -> PastTurn:
    given = check.known(check.mapping(record), {"question", "answer"}, "历史一轮 a past turn ")
    return PastTurn(check.text(given.get("question")), check.string(given.get("answer", "")))


def _status(value: object) -> str:
    if value not in get_args(GoldStatus):
        raise check.wrong(" draft 或 approved", "draft or approved", value)
    return str(value)


def _each(read: Callable[[object], Any]) -> Callable[[object], tuple[Any, ...]]:
    """Reads a list, each member with `read`."""
    return lambda value: tuple(read(one) for one in check.items(value))


def _plain(value: Any) -> Any:
    """Tuples as lists, all the way down, and whole numbers without a decimal point: one form for equal values."""
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "question": check.text,
    "history": _each(_past_turn),
    "answerable": check.flag,
    "answers": check.texts,
    "facts": _each(_fact),
    "forbidden": check.texts,
    "evidence": _each(_group),
    "tags": check.texts,
    "difficulty": check.whole,
    "split": check.string,
    "weight": check.positive,
    "status": _status,
    **dict.fromkeys(("author", "reviewer", "source", "created", "notes"), check.string),
}
_RECORDS: Mapping[str, Callable[[Any], Any]] = {
    "facts": lambda facts: [_fact_record(one) for one in facts],
    "evidence": lambda groups: [_group_record(one) for one in groups],
    "history": lambda turns: [{"question": one.question, "answer": one.answer} for one in turns],
}
SHARED = set(_READERS) - {"question", "history", "answerable", "answers", "facts", "forbidden", "evidence"}
"""What may stand beside the turns of a conversation, for all of them."""
