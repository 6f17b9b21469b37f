r"""What stands in one cell of a gold sheet: escapes, lists, and facts as a quality clerk types them.

Every function that writes has one that reads it back, for any text. On the outside a cell is guarded: what a
spreadsheet would take for a formula gets a `'` in front. Inside, plain cells hold the text itself; lists part
their pieces with ；(or ; or a line break) and alternatives with |. A backslash makes the next character mean
itself (\；), except before a letter; \uXXXX is the character of that code (white space at the ends of a text,
control characters, which XML and spreadsheets lose). Members of a list are parted by / or 、. A fact that is a whole
date (2023-09-05, as a cell of type date is read) is a date.

    甲｜乙；(次要)日期:2023-09；[f3]数字:30±2 日|三十日；百分比:7.5；列表(至少2):甲/乙|子/丙；文本:数字:30

Nothing here knows of rows, columns or files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eval.gold import Evidence, Fact, PastTurn

AND, OR, MEMBER = ";；\n", "|｜", "/／、"
ANYWHERE = "*"  # as a quote: anywhere in the document
MASKED = "\0"

_FORMULA = "[=+\\-@＝＋－＠\t\r\n]"  # full-width forms count as formulas in some East Asian versions
_GUARDED = re.compile(f"'+{_FORMULA}")
_TO_GUARD = re.compile(f"'*{_FORMULA}")
_HEX = "[0-9a-fA-F]{4}"
_LOST = "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\ufeff\ufffe\uffff]"  # what XML, spreadsheets or BOM handling lose
_PLAIN = re.compile(
    rf"\\(?=u{_HEX})|{_LOST}|^\s+|\s+$"
    rf"|_(?=x{_HEX}_)|x(?=005F_)"  # OOXML's own escape, which readers of it undo
    r"|^#(?=(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A)$)"  # a spreadsheet's errors
)
_INNER = re.compile(rf"{_LOST}|\n|^\s+|\s+$|_(?=x{_HEX}_)|x(?=005F_)")
_CODE = re.compile(rf"\\u({_HEX})")
_ESCAPE = re.compile(rf"\\u({_HEX})|\\([^a-zA-Z])", re.DOTALL)

_NUMBER = r"[+\-−]?(?:\d[\d,，]*(?:\.\d*)?|\.\d+)(?:[eE][+\-]?\d+)?"
_UNIT_START = r"[\d\s.,，±+\-−—–~～]"  # what follows a number and begins no unit: 3—5 is no amount
_HALF_WIDTH = str.maketrans("０１２３４５６７８９．＋－", "0123456789.+-")  # one for one: places stay
_CELL_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)  # what a cell of type date is read as
_AMOUNT = re.compile(rf"({_NUMBER})\s*(?:±\s*({_NUMBER}))?\s*((?!{_UNIT_START}).*)", re.DOTALL)
_DAY = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?|(\d{4})年(?:(\d{1,2})月(?:(\d{1,2})日)?)?")
_PAGE = re.compile(r"\s+(?:第\s*(\d+)\s*页|p\.?\s*(\d+))$")
_PREFIX = re.compile(r"\s*(?:\[([^\]]*)\]|[(（](次要|非必要|optional|minor)[)）])\s*")
_KIND = re.compile(
    r"(文本|text|数字|number|百分比|percent|日期|date|列表|list)(?:[(（](?:至少|at least)\s*(\d+)[)）])?\s*[:：]",
    re.IGNORECASE,
)
_KINDS = {"文本": "text", "数字": "number", "百分比": "percent", "日期": "date", "列表": "list"}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_YES = {"是", "1", "true", "yes", "y", "x", "√", "✓", "对"}
_NO = {"", "否", "0", "false", "no", "n"}


def guard(cell: str) -> str:
    """`cell` as no spreadsheet takes it for a formula."""
    return f"'{cell}" if _TO_GUARD.match(cell) else cell


def unguard(cell: str) -> str:
    """What `guard` was given."""
    return cell[1:] if _GUARDED.match(cell) else cell


def write_plain(text: str) -> str:
    """A text as it stands in a cell of its own."""
    return _PLAIN.sub(_as_codes, text)


def read_plain(cell: str) -> str:
    """The text of a cell; white space around it does not count."""
    return _CODE.sub(lambda found: chr(int(found[1], 16)), cell.strip())


@dataclass(frozen=True, slots=True)
class Marked:
    """A text, and beside it a mask of the same length in which escaped characters are NUL: they mean nothing."""

    text: str
    mask: str

    @classmethod
    def of(cls, cell: str) -> Marked:
        """A cell with its escapes undone."""
        text, mask, at = [], [], 0
        for found in _ESCAPE.finditer(cell):
            before = cell[at : found.start()]
            text += [before, chr(int(found[1], 16)) if found[1] else found[2]]
            mask += [before, MASKED]
            at = found.end()
        return cls("".join([*text, cell[at:]]), "".join([*mask, cell[at:]]))

    def part(self, start: int, end: int | None = None) -> Marked:
        """A part of it without the white space around."""
        mask = self.mask[start:end]
        left = len(mask) - len(mask.lstrip())
        return Marked(self.text[start:end][left : len(mask.rstrip())], mask.strip())

    def split(self, separators: str) -> list[Marked]:
        """The pieces between the separators, empty ones left in."""
        ends = [i for i, character in enumerate(self.mask) if character in separators]
        starts = [0, *(end + 1 for end in ends)]
        return [self.part(start, end) for start, end in zip(starts, [*ends, len(self.mask)], strict=True)]

    def pieces(self, separators: str) -> list[Marked]:
        """The pieces between the separators that hold something."""
        return [piece for piece in self.split(separators) if piece.mask]


def write_list(texts: Iterable[str]) -> str:
    """Texts parted by ；."""
    return "；".join(_inner(text, AND) for text in texts)


def read_list(cell: str) -> list[str]:
    """The texts of a list."""
    return [piece.text for piece in Marked.of(cell).pieces(AND)]


def write_history(turns: Iterable[PastTurn]) -> str:
    """Turns as 问|答, parted by ；."""
    return "；".join(
        "|".join(
            _inner(text, AND + OR)
            for text in ((turn.question, turn.answer) if turn.answer else (turn.question,))
        )
        for turn in turns
    )


def read_history(cell: str) -> list[dict[str, str]]:
    """The turns of a history in the canonical form."""
    turns = []
    for piece in Marked.of(cell).pieces(AND):
        question, *answer = (part.text for part in piece.split(OR))
        if len(answer) > 1:
            raise ValueError(f"每轮应写作 问|答 a turn is question|answer, 得到 got {piece.text!r}")
        turns.append({"question": question, "answer": "".join(answer)})
    return turns


def write_evidence(groups: Sequence[Sequence[Evidence]]) -> tuple[str, str]:
    """The cells of quotes and of documents; one document is written once for all quotes."""
    every = [one for group in groups for one in group]
    quotes = ""
    if any(one.quote for one in every):
        quotes = "；".join("|".join(_quote(one.quote) for one in group) for group in groups)
    if quotes and len({(one.document, one.page) for one in every}) == 1:
        return quotes, _document(every[0])
    return quotes, "；".join("|".join(_document(one) for one in group) for group in groups)


def read_evidence(quotes: str, documents: str) -> list[list[dict[str, Any]]]:
    """The groups of evidence of two cells in the canonical form."""
    quoted = [group.pieces(OR) for group in Marked.of(quotes).pieces(AND)]
    named = [group.pieces(OR) for group in Marked.of(documents).pieces(AND)]
    if not quoted:
        return [[_named(one) for one in group] for group in named]
    if len(named) == 1 and len(named[0]) == 1:
        named = [[named[0][0]] * len(group) for group in quoted]
    if [len(group) for group in quoted] != [len(group) for group in named]:
        raise ValueError(
            "引文与文档应一一对应，或只写一个文档 give one document for each quote or one for all: "
            f"{_sizes(quoted)} ≠ {_sizes(named)}"
        )
    return [
        [
            _named(name) | {"quote": "" if quote.mask == ANYWHERE else quote.text}
            for quote, name in zip(group, names, strict=True)
        ]
        for group, names in zip(quoted, named, strict=True)
    ]


def write_facts(facts: Iterable[Fact]) -> str:
    """Facts in the short form that the module's docstring shows."""
    return "；".join(_write_fact(fact) for fact in facts)


def read_facts(cell: str) -> list[dict[str, Any]]:
    """The facts of a cell in the canonical form. Raises ValueError for a value that cannot be read."""
    return [_read_fact(piece) for piece in Marked.of(cell).pieces(AND)]


def read_flag(cell: str) -> bool:
    """A yes or no; an empty cell is a no."""
    shown = cell.strip().lower()
    if shown not in _YES | _NO:
        raise ValueError(f"应为 是 或 否 must be yes or no, 得到 got {cell!r}")
    return shown in _YES


def write_number(value: float) -> str:
    """A number as it is typed: 30, 7.5."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def read_number(cell: str) -> float:
    """A number with or without commas between thousands."""
    try:
        return float(re.sub("[,，]", "", cell).replace("−", "-"))
    except ValueError:
        raise ValueError(f"应为数 must be a number, 得到 got {cell!r}") from None


def _write_fact(fact: Fact) -> str:
    prefix = f"[{_inner(fact.id, AND + OR + MEMBER + ']')}]" if fact.id else ""
    prefix += "" if fact.vital else "(次要)"
    if fact.type == "list":
        least = f"(至少{fact.least})" if fact.least else ""
        members = "/".join(
            "|".join(_inner(one, AND + OR + MEMBER) for one in member) for member in fact.members
        )
        return f"{prefix}列表{least}:{members}"
    alternatives = [_inner(one, AND + OR) for one in fact.any]
    if fact.type == "text":
        body = "|".join(alternatives)
        like_syntax = _KIND.match(body) or _PREFIX.match(body) or _CELL_DATE.fullmatch(body)
        return prefix + ("文本:" if like_syntax else "") + body
    if fact.type == "date":
        value = str(fact.value)
    else:
        tolerance = f"±{write_number(fact.tolerance)}" if fact.tolerance else ""
        unit = _inner(fact.unit, AND + OR)
        unit = f" \\{unit}" if re.match(_UNIT_START, unit) else f" {unit}" if unit else ""
        value = write_number(float(fact.value)) + tolerance + unit
    return f"{prefix}{_NAMES[fact.type]}:{'|'.join([value, *alternatives])}"


def _read_fact(piece: Marked) -> dict[str, Any]:
    fact: dict[str, Any] = {}
    while found := _PREFIX.match(piece.mask):
        if found[2]:
            fact["vital"] = False
        else:
            fact["id"] = piece.text[found.start(1) : found.end(1)]
        piece = piece.part(found.end())
    kind = "text"
    if _CELL_DATE.fullmatch(piece.mask):
        kind = fact["type"] = "date"
    elif found := _KIND.match(piece.mask):
        kind = fact["type"] = _KINDS.get(found[1], found[1].lower())
        piece = piece.part(found.end())
        if found[2] and kind != "list":
            raise ValueError(f"只有列表可写“至少” only a list takes “at least”: {found[0]}")
        if found[2]:
            fact["least"] = int(found[2])
    if kind == "list":
        members = [[one.text for one in member.pieces(OR)] for member in piece.pieces(MEMBER)]
        return {**fact, "members": members}
    alternatives = piece.pieces(OR)
    if kind == "text":
        return {**fact, "any": [one.text for one in alternatives]}
    if not alternatives:
        raise ValueError(f"{_NAMES[kind]}后缺少值 a value must follow {kind}:")
    value = _read_date(alternatives[0]) if kind == "date" else _read_amount(alternatives[0], kind)
    return {**fact, **value, "any": [one.text for one in alternatives[1:]]}


def _read_amount(piece: Marked, kind: str) -> dict[str, Any]:
    """A value with its tolerance and unit."""
    found = _AMOUNT.fullmatch(piece.mask.translate(_HALF_WIDTH))
    if not found:
        raise ValueError(f"应写作 30±2 日 这样的数 must be a number like 30±2 日, 得到 got {piece.text!r}")
    amount: dict[str, Any] = {"value": read_number(found[1]), "tol": read_number(found[2] or "0")}
    unit = piece.text[found.start(3) :]
    if kind == "number":
        return amount | {"unit": unit}
    if unit not in ("", "%", "％"):
        raise ValueError(f"百分比的单位只能是 % the unit of a percent can only be %, 得到 got {unit!r}")
    return amount


def _read_date(piece: Marked) -> dict[str, str]:
    """A date as YYYY, YYYY-MM or YYYY-MM-DD; 2023年9月 and 2023/9/1 are understood."""
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", piece.mask))
    parts = [part for part in found.groups() if part] if found else []
    return {"value": "-".join(part.zfill(2) for part in parts) or piece.text}


def _quote(text: str) -> str:
    if not text:
        return ANYWHERE
    return "\\*" if text == ANYWHERE else _inner(text, AND + OR)


def _document(evidence: Evidence) -> str:
    name = _inner(evidence.document, AND + OR)
    if _PAGE.search(name):  # a name that ends like a page: its last space is escaped, so that it is none
        name = re.sub(r"\s(?=\S+$|第\s*\d+\s*页$|p\.?\s*\d+$)", _as_codes, name)
    return name if evidence.page is None else f"{name} 第{evidence.page}页"


def _named(piece: Marked) -> dict[str, Any]:
    """The document, and its page if it is told."""
    found = _PAGE.search(piece.mask)
    if not found:
        return {"doc": piece.text}
    return {"doc": piece.part(0, found.start()).text, "page": int(found[1] or found[2])}


def _sizes(groups: list[list[Marked]]) -> str:
    return "；".join("|".join("·" * len(group)) for group in groups) or "0"


def _inner(text: str, separators: str) -> str:
    """A piece of a list, in which none of the separators parts anything."""
    escaped = re.sub(r"[\\" + re.escape(separators.replace("\n", "")) + "]", r"\\\g<0>", text)
    return _INNER.sub(_as_codes, escaped)


def _as_codes(found: re.Match[str]) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in found[0])
