"""Events and answers as HTML that is safe to put on a page: pure functions, shared by every page of ours.

Whatever came from a document, a model, a file name or a person passes through `escape`, which leaves no
ASCII punctuation standing: neither HTML nor Markdown can begin in it, so a page may even treat the
result as Markdown. Only this module and its neighbours ui.render_panel and ui.render_page write tags. The
page's script lets through only the tags and attributes that they use (assets/chat/wall.js).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from rag.answer import Answer, Citation
from rag.refusal import says_not_found
from ui.particulars import facts, speaker, title
from ui.texts import Texts

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_MARK = re.compile(r"\[(\d{1,3})\]")
_OPEN_MARK = re.compile(r"\[\d{0,3}$")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
"""Control, zero-width and direction characters: they show nothing, but can turn a line around."""

AROUND = 48
"""Characters of the passage that a hover card shows before and after the cited sentence."""
CARD_LENGTH = 160
"""Characters of a cited sentence that a hover card shows."""
NEAREST_SHOWN = 3
NEAREST_LENGTH = 72


def escape(text: str) -> str:
    """`text` as HTML and Markdown that shows exactly these characters; line breaks become <br>."""
    plain = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    encoded = _PUNCTUATION.sub(lambda found: f"&#{ord(found[0])};", plain)
    return encoded.replace("\n", "<br>")


def web_link(url: str) -> tuple[str, str] | None:
    """(address, host) of an http(s) address, both still to be escaped; None for anything else."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s\"'<>\\]", url.strip()):
        return None
    return url.strip(), host


def icon(name: str) -> str:
    """A picture beside or instead of words, drawn by the style sheet; screen readers pass over it."""
    return f'<i class="zd-i zd-i-{name}" aria-hidden="true"></i>'


def action(verb: str, label: str, picture: str = "", *, kind: str = "zd-act", **data: str) -> str:
    """A button that the page's script obeys: `verb` says what to do, `data` with what.

    With a picture the label is for screen readers and for the pointer that rests on it.
    """
    given = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    if not picture:
        return f'<button type="button" class="{kind}" data-do="{verb}"{given}>{escape(label)}</button>'
    named = f' title="{escape(label)}" aria-label="{escape(label)}"'
    return (
        f'<button type="button" class="{kind} zd-pic" data-do="{verb}"{given}{named}>{icon(picture)}</button>'
    )


def growing(text: str) -> str:
    """The answer as far as it has come; its numbers cannot be opened yet. Grows at its end, as `text` does."""
    return _prose(_OPEN_MARK.sub("", text), lambda number: f'<span class="cite waiting">{number}</span>')


def answered(answer: Answer, name: str, texts: Texts) -> str:
    """A finished answer with chips that open its citations, or a refusal. `name` is unique on the page."""
    if answer.status == "refused":
        return _refused(answer, name, texts)
    citations = {citation.number: citation for citation in answer.citations}

    def chip(number: int) -> str:
        return _chip(citations[number], name, texts) if number in citations else escape(f"[{number}]")

    body = _prose(answer.text, chip)
    cards = "".join(_hover_card(citation, name, texts) for citation in answer.citations)
    below = _notices(answer) + _footer(answer, name, texts)
    return (
        f'<div class="zd-answer" data-answer="{escape(name)}"><div class="zd-text">{body}</div>'
        f'<div class="zd-cards" hidden>{cards}</div>{below}</div>'
    )


def failed(reason: str, texts: Texts, *, name: str = "") -> str:
    """A question that could not be answered because something broke."""
    return (
        f'<div class="zd-answer zd-failed" data-answer="{escape(name)}">'
        f'<div class="zd-verdict">{icon("alert")}{texts.failed_title}</div>'
        f'<div class="zd-text">{escape(reason)}</div>{_actions([_retry(texts, worded=True)])}</div>'
    )


def busy(reason: str, texts: Texts) -> str:
    """A question that was turned away because too many are being answered."""
    return (
        f'<div class="zd-answer zd-busy"><div class="zd-verdict">{icon("clock")}{texts.busy_title}</div>'
        f'<div class="zd-text">{escape(reason)}</div>{_actions([_retry(texts, worded=True)])}</div>'
    )


def stopped(text: str, texts: Texts, *, name: str = "") -> str:
    """An answer that was stopped half-way; what was written stays."""
    body = f'<div class="zd-text">{growing(text)}</div>' if text.strip() else ""
    return (
        f'<div class="zd-answer zd-stopped" data-answer="{escape(name)}">{body}'
        f'<div class="zd-foot"><span class="zd-facts">{icon("stop")}{texts.stopped}</span>'
        f"{_actions([_retry(texts, worded=True)])}</div></div>"
    )


def copy_text(answer: Answer, texts: Texts) -> str:
    """The answer as plain text with a list of its sources, for the clipboard."""
    lines = [answer.text]
    if answer.citations:
        lines += ["", f"{texts.sources}:"]
    lines += [reference(citation, texts) for citation in answer.citations]
    return "\n".join(lines)


def reference(citation: Citation, texts: Texts) -> str:
    """One line of a list of sources, as plain text."""
    passage = citation.passage
    parts = [title(passage), *facts(passage, texts.page), *([passage.url] if passage.url else [])]
    return f"[{citation.number}] " + ", ".join(parts)


def shortened(text: str, length: int) -> str:
    """`text` in one line of at most `length` characters, with … where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[:length] + "…"


def _prose(text: str, mark: Callable[[int], str]) -> str:
    """`text` escaped, its [n] replaced by `mark(n)`, and **bold** as the one piece of Markdown kept."""
    parts = _MARK.split(text.strip())
    shown = _inline(parts[0][:-1]) if len(parts) > 1 else _inline(parts[0])
    for i in range(1, len(parts), 2):
        # A number stays on the line of the character it belongs to.
        shown += f'<span class="zd-keep">{escape(parts[i - 1][-1:])}{mark(int(parts[i]))}</span>'
        shown += _inline(parts[i + 1] if i + 2 == len(parts) else parts[i + 1][:-1])
    return shown


def _inline(text: str) -> str:
    pieces = [escape(piece) for piece in _BOLD.split(text)]
    return "".join(f"<strong>{piece}</strong>" if i % 2 else piece for i, piece in enumerate(pieces))


def _chip(citation: Citation, name: str, texts: Texts) -> str:
    kind = "cite" if citation.supported else "cite unsupported"
    source = citation.passage.article or citation.passage.document
    label = texts.citation.format(number=citation.number, source=escape(shortened(source, 40)))
    return (
        f'<button type="button" class="{kind}" data-do="cite" data-answer="{escape(name)}" '
        f'data-number="{citation.number}" aria-label="{label}">{citation.number}</button>'
    )


def _hover_card(citation: Citation, name: str, texts: Texts) -> str:
    """What is shown while the pointer or the keyboard rests on a chip: the sentence, and whose it is."""
    passage = citation.passage
    start, end = citation.start - passage.start, citation.end - passage.start
    before, after = passage.text[:start], passage.text[end:]
    before = before if len(before) <= AROUND else "…" + before[-AROUND:]
    after = after if len(after) <= AROUND else after[:AROUND] + "…"
    quote = shortened(passage.text[start:end], CARD_LENGTH)
    whose = " · ".join(
        escape(fact) for fact in (speaker(passage), passage.publisher, passage.published) if fact
    )
    doubt = "" if citation.supported else f'<p class="zd-doubt">{texts.unsupported}</p>'
    return (
        f'<div class="zd-card" id="card-{escape(name)}-{citation.number}">'
        f"<b>{escape(passage.article or passage.document)}</b>"
        f'<p class="zd-facts">{whose or escape(passage.document)}</p>{doubt}'
        f"<p>{escape(before)}<mark>{escape(quote)}</mark>{escape(after)}</p></div>"
    )


def _refused(answer: Answer, name: str, texts: Texts) -> str:
    nearest = "".join(
        f'<button type="button" class="zd-near" data-do="hit" data-answer="{escape(name)}" data-number="{rank}">'
        f"<b>{escape(hit.passage.article or hit.passage.document)}</b>"
        f"<span>{escape(shortened(hit.passage.text, NEAREST_LENGTH))}</span></button>"
        for rank, hit in enumerate(answer.hits[:NEAREST_SHOWN], 1)
    )
    if nearest:
        nearest = f'<div class="zd-nearest"><div class="zd-label">{texts.nearest}</div>{nearest}</div>'
    below = nearest + _notices(answer) + _footer(answer, name, texts)
    title = f'<div class="zd-verdict">{icon("none")}{texts.refused_title}</div>'
    return (
        f'<div class="zd-answer zd-refused" data-answer="{escape(name)}">'
        f"{title if says_not_found(answer.text) else ''}"  # a reply to 你好 finds nothing missing
        f'<div class="zd-text">{escape(answer.text)}</div>{below}</div>'
    )


def _notices(answer: Answer) -> str:
    return "".join(f'<div class="zd-notice">{escape(notice)}</div>' for notice in answer.notices)


def _footer(answer: Answer, name: str, texts: Texts) -> str:
    """How the answer came to be, and what can be done with it."""
    modes = {"model": texts.mode_model, "extractive": texts.mode_extractive}
    mode = f"{modes[answer.mode]} · " if answer.status == "answered" else ""
    seconds = answer.timings_ms.get("total", sum(answer.timings_ms.values())) / 1000
    read = texts.finished.format(passages=len(answer.hits), seconds=f"{seconds:.2f}") if answer.hits else ""
    buttons = [
        action("copy", texts.copy, "copy", answer=name),
        action("all", texts.considered, "list", answer=name),
        action("up", texts.up, "up", answer=name),
        action("down", texts.down, "down", answer=name),
        _retry(texts),
    ]
    if answer.status == "refused" and answer.hits:
        buttons.append(action("draft", texts.draft, answer=name))
    copied = f'<div class="zd-copytext" hidden>{escape(copy_text(answer, texts))}</div>'
    return (
        f'<div class="zd-foot">{_actions(buttons)}<span class="zd-facts">{mode}{read}</span></div>'
        f'{copied}<div class="zd-after"></div>'
    )


def _retry(texts: Texts, *, worded: bool = False) -> str:
    kind = "zd-act zd-retry"
    return action("retry", texts.retry, "" if worded else "retry", kind=kind)


def _actions(buttons: Sequence[str]) -> str:
    return f'<span class="zd-acts">{"".join(buttons)}</span>'
