"""Clauses that a question names and that are not among what was found: 《产品质量法》第二十六条 in a library without it.

Whoever asks for a clause by its address is misled by another work's clause of that number, however near its words
are. A clause is there where a passage stands at the address, or where somebody else's sentence names work and number.
Stricter than rag.lookup, which only ranks; doubts are decided for what was found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from index.passage import Passage
from index.sections import STEP
from rag.lookup import Address, addresses, asks_wording, begins, called, plain

_LAW = re.compile(r"法典?$")
_NO_LAW = re.compile(r"[办方做说想看书语]法$")
_STANDARD = re.compile(r"[a-z]{1,6}(?:/[a-z]{1,4})?(\d+(?:\.\d+)*)(?:-(\d{4}))?")

_ANOTHER = re.compile(r"的?(?:实施|施行|若干|补充|配套|贯彻)|修正案")
"""What stands behind a work's name in the name of another: 产品质量法实施条例."""
_FRAME = r"(?:[\W\da-z_]|[年月日版]|修[正订]|修改|[最现]?[新行]|全文|文本|正文|条文|条款|逐条|释义|解读|解释|问答|法律|国家|草案|稿)*"
"""What may stand around a law's name in a title without making it another law's."""
_OF_ITS_OWN = re.compile(r"关于|规定|办法|细则|意见|条例|解释(?:\(|$)")
"""In the title of a work about another, with clauses of its own: 关于适用《产品质量法》的解释."""
_BEFORE_NAME = r"(?<![一-鿿])|(?<=[国据照按反合和与及的在用行到对将以由是了习读彻实施于订正新依])"
"""Behind what a law's name begins in running text: 海洋环境保护法 is not the 环境保护法."""

_LEAD = re.compile(
    r"^(?:请问|请|告诉我|我想知道|我想|查一下|查询|查|根据|依据|按照|依照|违反|我国|国家|我们|现行|最新|新版|关于|对于|在|按|新)+"
)
"""Words of a question before a name that has no marks around it."""
_MARKS = re.compile("[《》〈〉<>]")
"""Around a title inside another, which are written in several ways."""
_SENTENCE = re.compile(r"[。；;!?！？\n]+")
_NUMBER = re.compile(
    r"第\s*[零〇一二两三四五六七八九十百千\d]+\s*条(?:\s*之\s*[一二三四五六七八九十\d]+)?|\d+(?:\.\d+)+"
)


def absent(question: str, found: Sequence[Passage]) -> tuple[tuple[str, ...], bool]:
    """The addresses in `question` at which none of the passages stands and which none of them names, as one would
    write them; and whether these are all that the question has.

    What is called by a name without 《》 that may be no name at all (管理要求第3条) is only looked for where a document
    of that name was found.
    """
    asked = [one for one in addresses(question) if not one.clause.endswith("章")]
    wants_wording = asks_wording(question)
    missing = [
        one
        for one in asked
        if not any(stands_at(one, passage) for passage in found)
        and not any(mentions(one, passage, wants_wording) for passage in found)
        and not _in_collection(one, found)
        and (
            not one.loose
            or _is_law(one.work)
            or one.work.endswith("条例")
            or any(_is_of(one, passage) for passage in found)
        )
    ]
    return tuple(_shown(one, question) for one in missing), bool(asked) and len(missing) == len(asked)


def stands_at(address: Address, passage: Passage) -> bool:
    """Whether the passage is the clause at the address, or a part of it."""
    return _is_of(address, passage) and _has_number(address, passage)


def mentions(address: Address, passage: Passage, elsewhere: bool = False) -> bool:
    """Whether a sentence of the passage, or its title with one, gives the address: 根据《产品质量法》第二十六条，….

    With `elsewhere`, a sentence in the work itself (违反第二十六条的，…) does not count.
    """
    number = re.compile(rf"(?<!\d)(?<!\d\.){re.escape(address.clause)}(?![\d之]|\.\d)")
    above = [plain(one) for one in (passage.article, *passage.heading.split(STEP), passage.section)]
    if _is_of(address, passage):
        return not elsewhere and any(
            number.search(plain(line)) and not begins(address.clause, plain(line))
            for line in passage.text.splitlines()
        )
    standard = _STANDARD.fullmatch(address.work)
    if standard:
        lines = [*above, *(plain(line) for line in passage.text.splitlines())]
        inside = [line for line in lines if not begins(address.clause, line)]
        holds = re.compile(rf"(?<![\d.]){re.escape(standard[1])}(?!\d)")
        return any(map(number.search, inside)) and any(map(holds.search, lines))
    about = any(_named_in(address, line) for line in above)
    has_own = any(map(_OF_ITS_OWN.search, above))
    return any(
        _gives(address, sentence, number, about and not (has_own and begins(address.clause, sentence)))
        for sentence in (*above, *map(plain, _SENTENCE.split(passage.text)))
    )


def _gives(address: Address, sentence: str, number: re.Pattern[str], about: bool) -> bool:
    """Whether a sentence holds the number of the clause and speaks of the work; `about` where its title does."""
    match = number.search(sentence)
    if match is None:
        return False
    owners = [one for one in addresses(sentence) if one.clause == address.clause]
    if owners:
        return any(_same(address, one) for one in owners)
    titles = re.findall(r"《([^《》]+)》", sentence[: match.start()])
    if titles:
        return called(titles[-1]) == _name(address)
    return about or _named_in(address, sentence)


def _same(asked: Address, other: Address) -> bool:
    one, two = _name(asked), _name(other)
    return one == two or (asked.loose and one.endswith(two)) or (other.loose and _named_in(asked, two))


def _named_in(address: Address, text: str) -> bool:
    """Whether a (plain) text has the name of the work, and not only within another's."""
    name = _name(address)
    before = _BEFORE_NAME if _is_law(name) else ""
    return any(
        not _ANOTHER.match(text, match.end())
        for match in re.finditer(rf"(?:{before}){re.escape(name)}", text)
    )


def _is_of(address: Address, passage: Passage) -> bool:
    """Whether the passage is from the work of the address, by the names of its document, article and headings."""
    titles = (passage.article, PurePath(passage.document).stem, passage.section, *passage.heading.split(STEP))
    return any(_is_called(address, called(plain(title).removesuffix(address.clause))) for title in titles)


def _is_called(address: Address, title: str) -> bool:
    """Whether a work of this title may be called as in the address: 考勤制度 for 员工考勤管理制度."""
    work = _name(address)
    if _MARKS.sub("", work) == _MARKS.sub("", title):
        return True
    if not title or "《" in title:
        return False
    standard = _STANDARD.fullmatch(work)
    if standard:
        found = re.search(rf"(?<![\d.]){re.escape(standard[1])}(?:-(\d{{4}}))?(?!\d|\.\d)", title)
        return found is not None and (not standard[2] or found[1] in (None, standard[2]))
    if _is_law(work):
        if address.loose and _is_law(title) and work.endswith(title):
            return True
        return re.fullmatch(rf"{_FRAME}{re.escape(work)}{_FRAME}", title) is not None
    behind = title.partition(work)[2] if work in title else ""
    if _ANOTHER.match(behind):
        return False
    return work.endswith(title) or _in_order(work, title)


def _in_order(name: str, title: str) -> bool:
    """Whether the title has all characters of the name, in their order."""
    letters = iter(title)
    return all(char in letters for char in name)


def _has_number(address: Address, passage: Passage) -> bool:
    if re.search(rf"[^\d.第]{re.escape(address.clause)}$", plain(passage.article)):
        return True
    lines = (*passage.heading.split(STEP), *passage.text.split("\n"))
    return any(begins(address.clause, plain(line)) for line in lines)


def _in_collection(address: Address, found: Sequence[Passage]) -> bool:
    """Whether the number stands in a document which has the name of the work as a line: a collection of several."""
    documents = {
        (one.document, one.collection) for one in found if _has_number(address, one) and not _is_titled(one)
    }
    return any(
        _is_title(address, called(plain(line)))
        for one in found
        if (one.document, one.collection) in documents
        for line in one.text.splitlines()
    )


def _is_title(address: Address, line: str) -> bool:
    """Whether a line is the title of the work, as it stands inside a document."""
    if _STANDARD.fullmatch(_name(address)) is None:
        return line == _name(address)
    return (
        re.match(r"[a-z]", line) is not None and not re.search("[,;。]", line) and _is_called(address, line)
    )


def _is_titled(passage: Passage) -> bool:
    """Whether a passage's article is called a law itself."""
    return _is_law(called(plain(passage.article)))


def _is_law(name: str) -> bool:
    return bool(_LAW.search(name)) and not _NO_LAW.search(name)


def _name(address: Address) -> str:
    """The work's name without the words of the question before it."""
    return (_LEAD.sub("", address.work) or address.work) if address.loose else address.work


def _shown(address: Address, question: str) -> str:
    """The address as the question has it: 《产品质量法》第二十六条, GB/T 19001 8.5.1."""
    number = next(
        (
            re.sub(r"\s+", "", match[0])
            for match in _NUMBER.finditer(question)
            if plain(match[0]) == address.clause
        ),
        address.clause,
    )
    if _STANDARD.fullmatch(address.work):
        return f"{re.sub(r'(?<=[A-Z])(?=[0-9])', ' ', address.work.upper(), count=1)} {number}"
    return f"《{_name(address)}》{number}"
