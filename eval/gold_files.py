"""Gold sets to and from files of every form: canonical and simple JSON lines, CSV, XLSX.

The canonical form and the tables hold everything. The simple form holds the question, one answer, groups of texts that
it must contain, quotations, whether there is an answer, and tags; `losses` names what else an item has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal

from eval.gold import SCHEMA, Fact, GoldError, GoldItem, GoldSet, as_record, gold_error, item_of, read_gold
from eval.gold_fields import identifier
from eval.record import write_lines
from eval.sheet_cells import write_number
from eval.sheets import read_csv, read_xlsx, write_csv, write_xlsx

Form = Literal["canonical", "simple"]

_READERS: Mapping[str, Callable[[Path], GoldSet]] = {
    ".jsonl": read_gold,
    ".ndjson": read_gold,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".xlsx": read_xlsx,
}
_SIMPLE = {"id", "question", "answerable", "answers", "facts", "evidence", "tags", "conversation"}


def read_any(file: Path) -> GoldSet:
    """The items of a gold file, by its suffix. Raises GoldError."""
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise _unknown(file)
    return reader(file)


def write_any(gold: GoldSet, file: Path, *, chinese: bool = False) -> None:
    """Writes a gold file of the form that its suffix names, with everything; `chinese` names the columns of a table."""
    suffix = file.suffix.lower()
    if suffix in (".csv", ".xlsx"):
        _checked(gold, file)
        (write_csv if suffix == ".csv" else write_xlsx)(gold, file, chinese=chinese)
    elif suffix in (".jsonl", ".ndjson"):
        write_gold(gold, file)
    else:
        raise _unknown(file)


def write_gold(gold: GoldSet, file: Path, form: Form = "canonical", *, lossy: bool = False) -> None:
    """Writes JSON lines, a conversation in one line. Raises GoldError for items that could not be read back.

    The simple form raises GoldError too when something would be lost (see `losses`), unless `lossy`: then typed facts
    become texts, minor facts and second choices are dropped, and drafts are left out, which would count otherwise.
    """
    _checked(gold, file)
    if form == "canonical":
        write_lines(file, _records(gold, as_record, {"schema": SCHEMA}))
        return
    lost = [f"{item.id}: {', '.join(found)}" for item in gold.items if (found := losses(item))]
    if lost and not lossy:
        raise gold_error(file, [f"简单格式装不下 the simple form cannot hold {one}" for one in lost])
    write_lines(file, _records(gold.approved(), simple_record, {}))


def losses(item: GoldItem) -> list[str]:
    """What of an item the simple form cannot hold, in words; empty if it holds all of it."""
    default = GoldItem(item.id, item.question)
    lost = [
        spec.name
        for spec in fields(GoldItem)
        if spec.name not in _SIMPLE and getattr(item, spec.name) != getattr(default, spec.name)
    ]
    if len(item.answers) > 1:
        lost.append("第二个以后的答案 further answers")
    if any(fact != Fact(any=fact.any) for fact in item.facts):
        lost.append("要点的类型、编号或次要标记 types, ids or minor facts")
    if any(len(group) > 1 for group in item.evidence):
        lost.append("可替代的证据 alternative evidence")
    if any(one.page is not None or not one.quote for group in item.evidence for one in group):
        lost.append("证据页码或整篇证据 pages or whole documents as evidence")
    return lost


def simple_record(item: GoldItem) -> dict[str, Any]:
    """The simple object of one item, as far as that form goes."""
    return {
        "id": item.id,
        "question": item.question,
        "answer": item.answers[0] if item.answers else None,
        "facts": [group for fact in item.facts if fact.vital for group in _as_texts(fact)],
        "evidence": [{"doc": group[0].document, "quote": group[0].quote} for group in item.evidence],
        "answerable": item.answerable,
        "tags": list(item.tags),
    }


def _as_texts(fact: Fact) -> list[list[str]]:
    """The groups of alternatives that stand for a fact; a list of which not all is needed cannot be said so."""
    if fact.type == "text":
        return [list(fact.any)]
    if fact.type == "list":
        whole = not fact.least or fact.least == len(fact.members)
        return [list(member) for member in fact.members] if whole else []
    if fact.type == "date":
        parts = [part.lstrip("0") for part in str(fact.value).split("-")]
        written = "".join(part + unit for part, unit in zip(parts, "年月日", strict=False))
        return [list(dict.fromkeys([written, str(fact.value), *fact.any]))]
    unit = "%" if fact.type == "percent" else fact.unit
    number = write_number(float(fact.value))
    return [list(dict.fromkeys([f"{number}{unit}", f"{number} {unit}".strip(), *fact.any]))]


def _records(
    gold: GoldSet, record_of: Callable[[GoldItem], dict[str, Any]], head: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """A record for each item, and one for all turns of a conversation."""
    for items in gold.conversations():
        if not items[0].conversation:
            yield record_of(items[0])
            continue
        turns = [{k: v for k, v in record_of(item).items() if k not in ("schema", "id")} for item in items]
        yield {**head, "id": items[0].conversation, "turns": turns}


def _checked(gold: GoldSet, file: Path) -> None:
    """Raises GoldError for items that would not be read back as they are."""
    problems = []
    for items in gold.conversations():
        for i, item in enumerate(items):
            try:
                identifier(item.conversation or item.id)
                same = item_of(as_record(item), item.id) == replace(item, conversation="")
                if not same or (item.conversation and item.id != f"{item.conversation}#{i}"):
                    problems.append(f"{item.id}: 不是有效的评测题 not a valid item")
            except ValueError as error:
                problems.append(f"{item.id}: {error}")
    counts = Counter(item.id for item in gold.items)
    problems += [f"{one}: id 重复 is there {count} times" for one, count in counts.items() if count > 1]
    if problems:
        raise gold_error(file, problems)


def _unknown(file: Path) -> GoldError:
    known = " ".join(_READERS)
    hint = "; 请另存为 save it as .xlsx" if file.suffix.lower() == ".xls" else ""
    return GoldError(f"{file}: 不认识的评测集格式 unknown kind of gold file; 支持 supported: {known}{hint}")
