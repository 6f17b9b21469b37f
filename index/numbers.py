"""The numbers that works go by: GB/T 19001—2016 of a standard, 国办发〔2023〕12号 of a notice, YL-QM-08 of a company's file.

Patterns for whole lines and titles as they are printed; how such numbers are searched for is for index.words.
"""

from __future__ import annotations

import re

from index.lines import HAN
from index.patterns import regex

_STANDARD = (
    r"(?!(?:ICS|CCS|UDC|ISBN|AQL|NO)\b)[A-Z]{1,6}(?:\s?/\s?[A-Z][A-Z0-9]{0,9})*(?:\s?\d{2,6}(?=/))?(?:/[A-Z])?[\s-]{0,2}\d{1,6}(?:\.\d{1,4})*"
    r"(?:\s?[—–―-]{1,2}\s?(?:19|20)\d\d)?(?:/XG\d)?"
)
_FILE = r"[A-Z]{1,8}\d{0,4}(?:[-—–/.][A-Z0-9]{1,10}){1,5}"
_LETTER = rf"[{HAN}]{{1,14}}\s?[〔\[（(【［]\s?(?:19|20)\d\d\s?[〕\])）】］]\s?第?\s?\d{{1,5}}\s?号"
"""The number of a notice, letter or decision: 海市监质〔2025〕47号."""

_LABEL = r"(?:(?:标准|文件|制度|文档|体系)?(?:编号|代号|文号|号)|文\s?号)\s?[:：]\s?"

_WORK_NUMBER = regex(rf"(?:{_LABEL})?((?:{_STANDARD})|(?:{_FILE}))")
_LETTER_LINE = regex(rf"(?:{_LABEL})?{_LETTER}")


def work_number(line: str) -> str:
    """The number that is all that a line holds, of a standard or of a company's file; "" for any other line.

    >>> work_number("Q/YLZG 0315—2024"), work_number("第3章")
    ('Q/YLZG 0315—2024', '')
    """
    match = _WORK_NUMBER.fullmatch(line.strip())
    return match[1] if match and re.search(r"\d", match[1]) else ""


def is_letter_number(line: str) -> bool:
    """Whether a line holds nothing but the number of a notice."""
    return bool(_LETTER_LINE.fullmatch(line.strip()))
