"""From an answer with [n] marks to checked citations.

A sentence is supported when its cited evidence holds every number, date and name in it and most of
its wording. A sentence that is not loses its marks and is shown as unverified: it never carries a
citation that does not bear it. Pure; the truth of the evidence itself is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index import words
from index.passage import Hit
from index.split import sentences
from rag.answer import Citation
from rag.evidence import Evidence
from rag.facts import missing

MARK = re.compile(r"[\[【](\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)[\]】]")
_OPEN, _CLOSE = "\ue000", "\ue001"  # stand for the brackets of surviving marks while the text is put together
_PRIVATE = re.compile(f"[{_OPEN}{_CLOSE}]")
UNVERIFIED = "〔未核实〕"

WORDING = 0.5
"""The least share of a sentence's character bigrams that its evidence must hold. Numbers and names are
checked exactly, so this only has to tell a paraphrase from another subject."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer after the check: its text with surviving marks, and what they point at."""

    text: str
    citations: tuple[Citation, ...]
    unverified: tuple[str, ...]
    """The sentences that their evidence does not bear, without marks."""


def check(text: str, evidence: Sequence[Evidence]) -> Checked:
    """Check every sentence of `text` against the evidence it cites; [n] counts `evidence` from 1."""
    parts: list[str] = []
    unverified: list[str] = []
    quotes: dict[int, list[tuple[int, int]]] = {}
    for claim, numbers in claims(_PRIVATE.sub("", text)):
        claim = without_marks(claim)
        cited = [number for number in numbers if 1 <= number <= len(evidence)]
        if not words.bigrams(claim):
            parts.append(claim)
        elif cited and supported(claim, [evidence[number - 1] for number in cited]):
            parts.append(claim + "".join(f"{_OPEN}{number}{_CLOSE}" for number in cited))
            for number in cited:
                quotes.setdefault(number, []).extend(narrow(claim, evidence[number - 1]))
        else:
            unverified.append(claim.strip())
            parts.append(claim + UNVERIFIED)
    citations = tuple(
        _citation(number, evidence[number - 1], spans) for number, spans in sorted(quotes.items())
    )
    # What is left of brackets and digits may read as a mark once the pieces are joined; only ours may.
    joined = without_marks("".join(parts)).replace(_OPEN, "[").replace(_CLOSE, "]")
    return Checked(joined, citations, tuple(unverified))


def claims(text: str) -> list[tuple[str, list[int]]]:
    """The sentences of an answer with the numbers each cites; a mark belongs to the sentence before it.

    One that begins a line keeps the line end before it.
    """
    found: list[tuple[str, list[int]]] = []
    position = 0
    for match in MARK.finditer(text):
        numbers = [int(number) for number in re.findall(r"\d+", match[1])]
        between = text[position : match.start()]
        position = match.end()
        if not between.strip() and found:
            found[-1][1].extend(number for number in numbers if number not in found[-1][1])
            continue
        spans = sentences(between)
        for start, end in spans[:-1]:
            found.append((_line_kept(between, start, end), []))
        last = _line_kept(between, spans[-1][0], len(between)) if spans else between
        found.append((last, numbers))
    rest = text[position:]
    for start, end in sentences(rest):
        # The full stop that follows a mark belongs to the sentence before the mark.
        if found and not words.bigrams(rest[start:end]):
            found[-1] = (found[-1][0] + rest[start:end], found[-1][1])
        else:
            found.append((_line_kept(rest, start, end), []))
    return found


def _line_kept(text: str, start: int, end: int) -> str:
    """The sentence text[start:end], on a line of its own if it begins one."""
    before = text[:start]
    between = before[len(before.rstrip()) :]
    return ("\n" if "\n" in between else "") + text[start:end]


def without_marks(text: str, replacement: str = "") -> str:
    """`text` without anything that reads as a mark; repeated, since taking one out can bring forth another."""
    while MARK.search(text):
        text = MARK.sub(replacement, text)
    return text


def supported(claim: str, cited: Sequence[Evidence]) -> bool:
    """Whether the cited evidence together holds the claim's facts and most of its wording."""
    # A separator that is no white space: facts are compared without it, and digits must not run together.
    source = "；".join(f"{piece.passage.context}；{piece.passage.published}；{piece.text}" for piece in cited)
    if missing(claim, source):
        return False
    wanted = set(words.bigrams(words.normalize(claim)))
    if not wanted:
        return False
    return len(wanted & set(words.bigrams(words.normalize(source)))) / len(wanted) >= WORDING


def narrow(claim: str, piece: Evidence) -> list[tuple[int, int]]:
    """The sentences of `piece` that bear the claim, as spans of the document's text; at least one.

    Evidence that is less than a passage is the sentence itself, and is carried as it was chosen.
    """
    spans = sentences(piece.text)
    if len(spans) <= 1 or piece.text != piece.passage.text:
        return [(piece.start, piece.end)]
    wanted = set(words.bigrams(words.normalize(claim)))
    shares = [len(wanted & set(words.bigrams(words.normalize(piece.text[a:b])))) for a, b in spans]
    best = max(shares)
    chosen = [
        span for span, share in zip(spans, shares, strict=True) if share == best or share >= 0.6 * best > 0
    ]
    return [(piece.start + start, piece.start + end) for start, end in chosen]


def _citation(number: int, piece: Evidence, spans: Sequence[tuple[int, int]]) -> Citation:
    """One citation that spans from the first to the last of its sentences, so that it is one exact stretch."""
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    quote = piece.text[start - piece.start : end - piece.start]
    return Citation(number, piece.passage, start, end, quote)


def with_copies(citations: Sequence[Citation], hits: Sequence[Hit]) -> tuple[Citation, ...]:
    """The citations with the documents that hold the same, as `Hit.also` of the passages cited has them."""
    return tuple(replace(citation, also_in=_also_in(citation, hits)) for citation in citations)


def _also_in(citation: Citation, hits: Sequence[Hit]) -> tuple[str, ...]:
    cited = citation.passage
    names = (
        other.document
        for hit in hits
        if (hit.passage.document, hit.passage.collection) == (cited.document, cited.collection)
        and hit.passage.start < citation.end
        and citation.start < hit.passage.end
        for other in hit.also
    )
    return tuple(name for name in dict.fromkeys(names) if name != cited.document)


def renumber(checked: Checked) -> Checked:
    """The same answer with its citations numbered 1, 2, 3… in the order in which they are first cited."""
    order: dict[int, int] = {}
    for match in MARK.finditer(checked.text):
        order.setdefault(int(match[1]), len(order) + 1)
    text = MARK.sub(lambda match: f"[{order[int(match[1])]}]", checked.text)
    citations = [replace(c, number=order[c.number]) for c in checked.citations if c.number in order]
    return replace(checked, text=text, citations=tuple(sorted(citations, key=lambda c: c.number)))
