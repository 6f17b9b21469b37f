"""Bytes → text, the encoding found by evidence.

The traps: BIG5 bytes decode as GB18030 without an error, into garbage, and the other way round; so a
decoding that works proves nothing. What proves it is that common characters come out.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

from index.errors import ReadError

COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运"
    "這個們來為國時會對學現當沒動還進樣開從實軍與長機無關點業將兩間問並應戰頭體見產給話門東聲員義幾條係氣題別變總電數報結務場計資區隊書聽則達強難權設記類據邊張該規萬領傳師觀讓識帶導爭運後裡於說過發"
    "，。、：；！？“”（）《》"
)
"""Characters that make up at least 40% of ordinary Chinese text, simplified or traditional, and of its marks."""

_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NO_CONTROL = bytes(byte for byte in range(256) if not _CONTROL.match(chr(byte)))
_WIDE = re.compile("[^\x00-\u024f]+")
_COMMON = re.compile(f"[{''.join(sorted(COMMON))}]+")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
PLAUSIBLE = 0.18
"""Least share of common characters in Chinese text; garbage stays below a tenth."""
SHORT = 60
"""Bytes of a text too short for shares to mean anything."""
GLANCE = 4096
"""Bytes that are enough when one encoding makes common Chinese of them, no other does, and the rest decodes, too."""
SAMPLE = 200_000
"""Bytes that are looked at to judge an encoding."""


_WEB_NAMES = {
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "csgb2312": "gb18030",
    "x-x-big5": "big5hkscs",
    "x-sjis": "shift_jis",
    "utf8mb4": "utf-8",
}
"""Names of encodings that Python does not know, after the WHATWG Encoding Standard, section 4.2."""
_ALIASES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
}
"""What is really meant by a declared encoding, by its codec's name: programs write the subset's name."""
SURE = 0.3
"""A share of common characters at which a declaration needs no more proof."""
SURER = 0.1
"""By so much must another encoding's share of common characters be higher to prove a declaration wrong."""


def decode(data: bytes, name: str, declared: str = "") -> tuple[str, str]:
    """(text with \\n line ends, encoding). Raises ReadError for empty, binary and undecodable data.

    `declared` is what the file or its envelope says of itself, in any spelling; it loses against the evidence.
    """
    if not data.strip():
        raise ReadError(
            f"{name}: 文件是空的 the file is empty; 需要有文字的文本文件 a text file with words is needed"
        )
    text, encoding = _decode(data, name, known_codec(declared))
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.removeprefix("\ufeff")
    # In UTF-8 a byte that means a control character is nothing else, and bytes are counted faster than characters.
    control = len(data.translate(None, _NO_CONTROL) if encoding == "utf-8" else _CONTROL.findall(text))
    if control and ("\x00" in text or control > 0.002 * len(text)):
        raise _binary(name)
    return text, encoding


def known_codec(declared: str) -> str:
    """The codec that a declaration means; "" for none, an unknown one, and what is no text encoding.

    >>> known_codec("GB2312"), known_codec("x-unknown")
    ('gb18030', '')
    """
    declared = declared.strip().strip("\"'")
    try:
        found = codecs.lookup(_WEB_NAMES.get(declared.lower(), declared))
    except (LookupError, ValueError):
        return ""
    if not found._is_text_encoding or found.name.startswith(
        ("utf-16", "utf-32", "utf-7", "idna", "punycode")
    ):
        return ""  # UTF-16 is told by its bytes; the others are no encodings of files
    if found.name in ("undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"):
        return ""
    return _ALIASES.get(found.name, found.name)


def _decode(data: bytes, name: str, declared: str) -> tuple[str, str]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise ReadError(
                    f"{name}: 文件头标明 {encoding}，内容却不是 marked as {encoding}, but its bytes are not; "
                    "请另存为 UTF-8 save it as UTF-8"
                ) from error
    if b"\x00" not in data:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return (data.decode("gb18030"), "gb18030") if _is_chance(data, text) else (text, "utf-8")
    encoding = _guess(data, declared)
    if not encoding:
        raise (
            _binary(name)
            if _looks_binary(data)
            else ReadError(
                f"{name}: 无法判断文字编码 cannot tell the encoding; 支持 UTF-8、UTF-16、GB18030、BIG5，请另存为 UTF-8 save it as UTF-8"
            )
        )
    return data.decode(encoding, errors="replace"), encoding


def _is_chance(data: bytes, text: str) -> bool:
    """Whether a few words in GB 2312 happen to be valid UTF-8, as 目录 is (which then reads Ŀ¼).

    It takes pairs of bytes that UTF-8 reads as Latin, Greek or Cyrillic letters, no letter beside them, and
    frequent Chinese characters as what else they can be.
    """
    if len(data) > SHORT or text.isascii() or max(text) >= "\u0800":
        return False
    runs = re.findall(rb"(?<![A-Za-z\x80-\xff])(?:[\xc2-\xd7][\xa1-\xbf])+(?![A-Za-z\x80-\xff])", data)
    return bool(runs) and sum(map(len, runs)) == sum(byte >= 0x80 for byte in data)


def _guess(data: bytes, declared: str) -> str:
    """The likeliest encoding of bytes that are not valid UTF-8; "" when none gives plausible text."""
    sample = data[:SAMPLE]
    sound = bool(declared) and _is_sound(sample, declared)
    if sound and _score(sample, declared) >= SURE:
        return declared
    found = _guess_chinese(sample, len(data))
    if sound:
        score = _score(sample, found) if found and found != "cp1252" else 0.0
        if score < PLAUSIBLE or _score(sample, declared) + SURER >= score:
            return declared
    return found


def _is_sound(sample: bytes, encoding: str) -> bool:
    """Whether the sample decodes, but for at most one character in a thousand and its end."""
    text = sample.decode(encoding, errors="replace")
    return text.count("\ufffd") <= 1 + len(text) // 1000


def _guess_chinese(sample: bytes, size: int) -> str:
    glance = _scores(sample[:GLANCE], size)
    *_, second, first = sorted(glance.values())
    if first >= SURE and second < PLAUSIBLE and _is_sound(sample, _best(glance)):
        return _best(glance)
    scores = _scores(sample, size)
    best = _best(scores)
    if scores[best] >= PLAUSIBLE:
        return best
    if b"\x00" in sample:
        return _wide_latin(sample)
    if size <= SHORT and _is_frequent(sample):
        return "gb18030"
    return "cp1252" if _mostly_ascii(sample) else ""


def _scores(sample: bytes, size: int) -> dict[str, float]:
    """How likely the encodings of Chinese are for the file of `size` bytes that the sample was taken from."""
    scores = {encoding: _score(sample, encoding) for encoding in ("utf-8", "gb18030", "big5hkscs")}
    if size % 2 == 0:
        even = sample[: len(sample) // 2 * 2]
        scores |= {encoding: _score(even, encoding) for encoding in ("utf-16-le", "utf-16-be")}
    return scores


def _best(scores: Mapping[str, float]) -> str:
    return max(scores, key=lambda encoding: scores[encoding])


def _wide_latin(sample: bytes) -> str:
    """UTF-16 of Latin text, where every second byte is zero; "" for anything else."""
    for zeros, encoding in ((sample[1::2], "utf-16-le"), (sample[::2], "utf-16-be")):
        if zeros.count(0) >= 0.9 * len(zeros) and sample.count(0) <= len(zeros):
            return encoding
    return ""


def _is_frequent(data: bytes) -> bool:
    """Whether a few bytes are all Chinese characters of GB 2312's first level, which holds the frequent ones."""
    pairs = re.fullmatch(rb"(?:[\xb0-\xd7][\xa1-\xfe]|[\x20-\x7e\r\n\t])+", data)
    return bool(pairs)


def _score(sample: bytes, encoding: str) -> float:
    """Share of common characters among the non-Latin ones that `encoding` makes of the sample, less its errors."""
    text = sample.decode(encoding, errors="replace")
    if "\x00" in text:
        return 0.0
    wide = "".join(_WIDE.findall(text))
    if not wide:
        return 0.0
    bad = wide.count("\ufffd") - 1  # the sample may end inside a character
    if bad > 0.02 * len(text) + 1:
        return 0.0
    return (len("".join(_COMMON.findall(wide))) - 5 * max(bad, 0)) / len(wide)


def _mostly_ascii(sample: bytes) -> bool:
    high = sum(byte >= 0x80 for byte in sample)
    return high <= 0.15 * len(sample) and not _looks_binary(sample)


def _looks_binary(data: bytes) -> bool:
    head = data[:4096]
    return b"\x00" in head or sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head) > 0.01 * len(
        head
    )


def _binary(name: str) -> ReadError:
    return ReadError(
        f"{name}: 不是文本文件 the file is binary, not text; 请先转换为文本（.txt、.md）convert it to text first"
    )
