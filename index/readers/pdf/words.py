"""Words at line ends: joined with or without a space, with or without the hyphen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from index.lines import HAN
from index.readers.pdf.columns import TextLine, ends_broken
from index.readers.pdf.page import HYPHEN

HAN_OR_MARK = re.compile(f"[{HAN}\u3000-\u303f\uff00-\uffef“”‘’…—①-⑳]")
"""Characters beside which no space is set."""
_SPREAD = re.compile(r"(?<=[A-Za-z0-9])- (?=[A-Za-z0-9\u0370-\u03ff])(?!(?:and|or|to|nor)\b)")


def words_of(lines: Sequence[TextLine]) -> Counter[str]:
    """The English words of the document less those at line ends; of hyphenated ones also `first-` and `-last`."""
    words: Counter[str] = Counter()
    for line in lines:
        for word in re.findall(r"[A-Za-z]+(?:-[A-Za-z]+)*", line.text.rsplit(" ", 1)[0].lower()):
            words[word] += 1
            first, hyphen, last = word.partition("-")
            if hyphen:
                words.update((first + "-", "-" + last))
    return words


def tidied(text: str) -> str:
    """A line without marks for hyphens inside it, and without the spaces that spreading put behind hyphens."""
    return _SPREAD.sub("-", text[:-1].replace(HYPHEN, "") + text[-1:])


def joined(text: str, rest: str, words: Counter[str]) -> tuple[str, int]:
    """`text` and the next line as one, and where in it that line begins."""
    if ends_broken(text):
        stem = text[:-1]
        head, tail = re.search(r"[A-Za-z]*$", stem), re.match(r"[A-Za-z]+", rest)
        if rest[0].islower() and head and tail and not _keeps_hyphen(head[0], tail[0], words):
            return stem + rest, len(stem)
        return stem + "-" + rest, len(stem) + 1
    spaced = not HAN_OR_MARK.match(text[-1]) and not HAN_OR_MARK.match(rest[0])
    spaced = spaced and not (text[-1] in "-/" and len(text) > 1 and text[-2] != " ")
    return (f"{text} {rest}", len(text) + 1) if spaced else (text + rest, len(text))


def _keeps_hyphen(head: str, tail: str, words: Counter[str]) -> bool:
    """Whether a hyphen at a line end is the word's own: as the rest of the document writes the word."""
    whole, hyphenated = (head + tail).lower(), f"{head}-{tail}".lower()
    if words[hyphenated] != words[whole]:
        return words[hyphenated] > words[whole]
    if words[head.lower() + "-"] or words["-" + tail.lower()]:
        return True
    return len(head) > 2 and len(tail) > 2 and words[head.lower()] > 0 and words[tail.lower()] > 0
