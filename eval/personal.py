"""Takes personal data out of what people typed, before it goes into a gold set that others read.

Numbers of mobile phones and identity cards (GB 11643) as they are written in mainland China, and e-mail addresses.
Names are left: they are what questions are about.
"""

from __future__ import annotations

import re

_HALF_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ＠．－＋", "0123456789Xx@.-+")
"""One character for one, so that places in the changed text are places in the text as typed."""

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "〔身份证号〕",
        re.compile(
            r"(?<![0-9])[1-9][0-9]{5}[ -]?(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
            r"[ -]?[0-9]{3}[0-9Xx](?![0-9A-Za-z])"
        ),
    ),
    ("〔手机号〕", re.compile(r"(?<![0-9])(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9])")),
    ("〔邮箱〕", re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")),
)


def without_personal_data(text: str) -> str:
    """`text` with the kind of each such number or address in its place.

    >>> without_personal_data("我的手机是138-0013-8000，邮箱 wang@example.com")
    '我的手机是〔手机号〕，邮箱 〔邮箱〕'
    """
    for shown, pattern in _KINDS:
        for match in reversed(list(pattern.finditer(text.translate(_HALF_WIDTH)))):
            text = text[: match.start()] + shown + text[match.end() :]
    return text
