"""Events and answers as HTML that is safe to put on a page: pure functions, shared by every page of ours.

Whatever came from a document, a model, a file name or a person passes through `escape`, which leaves no
ASCII punctuation standing: neither HTML nor Markdown can begin in it, so a page may even treat the
result as Markdown. Only this module writes tags. Fragments hold no newline, because Gradio's chat would
read a blank line as the end of an HTML block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from index.passage import Hit, Passage
from rag.answer import Answer, Citation
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

LOGO = (
    '<svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true"><rect width="32" height="32" rx="9" '
    'fill="currentColor"/><path d="M9 10h14v9a3 3 0 0 1-3 3h-5l-4 3.6V22a2 2 0 0 1-2-2z" fill="#fff"/>'
    '<path d="M12.5 14h7M12.5 17.6h4.5" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/></svg>'
)
HINT_LENGTH = 60  # characters of a quotation shown when the pointer rests on a chip
NEAREST_SHOWN = 3
NEAREST_LENGTH = 72


@dataclass(frozen=True, slots=True)
class Source:
    """A citation with the text that stands before and after its passage in the document."""

    citation: Citation
    before: str = ""
    after: str = ""


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


def header(documents: int, passages: int, texts: Texts) -> str:
    """The name of the product and the size of the library."""
    size = texts.library.format(documents=documents, passages=passages) if documents else texts.library_empty
    return (
        f'<div class="zd-brand">{LOGO}<div><h1>质答 <small>Zhida</small></h1><p>{texts.tagline}</p></div>'
        f'<span class="zd-size">{size}</span></div>'
    )


def welcome(examples: Sequence[str], texts: Texts) -> str:
    """What an empty chat shows; an example is asked by a click."""
    links = "".join(f'<a class="zd-example" href="#ask">{escape(example)}</a>' for example in examples)
    return (
        f'<div class="zd-welcome"><h2>{texts.welcome_title}</h2><p>{texts.welcome_text}</p>'
        f'<div class="zd-examples">{links}</div></div>'
    )


def no_documents(texts: Texts) -> str:
    """What an empty chat shows over an empty library: how documents get into it."""
    ways = "".join(f"<li>{before}<b>{escape(command)}</b></li>" for before, command in texts.ways_to_add)
    return (
        f'<div class="zd-welcome"><h2>{texts.library_empty}</h2><p>{texts.empty_text}</p>'
        f'<ul class="zd-ways">{ways}</ul></div>'
    )


def panel(evidence: Sequence[str], texts: Texts) -> str:
    """The side panel over the evidence of several answers, the last one on view."""
    shown = "".join(evidence) or f'<p class="zd-none">{texts.panel_empty}</p>'
    close = f'<button type="button" class="zd-close" aria-label="{texts.close}">×</button>'
    return f'<div class="zd-panel" data-copied="{texts.copied}">{close}{shown}</div>'


def message(text: str) -> str:
    """What a person typed, as a chat message."""
    return f'<div class="zd-said">{escape(text)}</div>'


def searching(texts: Texts) -> str:
    """The state before anything was found."""
    return _stage(texts.searching)


def writing(text: str, passages: int, texts: Texts) -> str:
    """The answer so far; its marks show as numbers that do not open anything yet."""
    stage = _stage(texts.writing.format(passages=passages) if passages else texts.nothing_found)
    if not text:
        return stage
    settled = _OPEN_MARK.sub("", text)
    body = _prose(settled, lambda number: f'<span class="cite waiting">{number}</span>')
    return f'<div class="zd-answer"><div class="zd-text growing">{body}</div>{stage}</div>'


def answered(answer: Answer, name: str, texts: Texts) -> str:
    """A finished answer; `name` is unique on the page and links its chips to `evidence(…, name, …)`."""
    if answer.status == "error":
        return failed(answer.text or texts.failed_text, texts)
    if answer.status == "refused":
        return _refused(answer, name, texts)
    citations = {citation.number: citation for citation in answer.citations}

    def chip(number: int) -> str:
        return _chip(citations[number], name, texts) if number in citations else escape(f"[{number}]")

    body = _prose(answer.text, chip)
    below = _notices(answer) + _footer(answer, name, texts)
    return f'<div class="zd-answer"><div class="zd-text">{body}</div>{below}</div>'


def failed(reason: str, texts: Texts) -> str:
    """A question that could not be answered because something broke."""
    return (
        f'<div class="zd-answer zd-failed"><div class="zd-verdict">{texts.failed_title}</div>'
        f'<div class="zd-text">{escape(reason)}</div>{_actions([_retry(texts)])}</div>'
    )


def stopped(text: str, texts: Texts) -> str:
    """An answer that was stopped half-way; what was written stays."""
    body = _prose(_OPEN_MARK.sub("", text), lambda number: f'<span class="cite waiting">{number}</span>')
    state = f'<div class="zd-facts">{texts.stopped}</div>'
    return f'<div class="zd-answer"><div class="zd-text">{body}</div>{state}{_actions([_retry(texts)])}</div>'


def evidence(answer: Answer, sources: Sequence[Source], name: str, texts: Texts) -> str:
    """The side panel of one answer: its sources with the cited sentences marked, and all candidates."""
    cited = "".join(_card(group, name, texts) for group in _by_passage(sources))
    if not cited:
        cited = f'<p class="zd-none">{texts.no_citation}</p>'
    numbers: dict[int, list[int]] = {}
    for citation in answer.citations:
        numbers.setdefault(citation.passage.id, []).append(citation.number)
    candidates = "".join(
        _candidate(hit, rank, numbers.get(hit.passage.id, []), name, texts)
        for rank, hit in enumerate(answer.hits, 1)
    )
    first = "all" if answer.status == "refused" else "cited"
    return (
        f'<section class="zd-evidence" id="evidence-{name}" data-tab="{first}">'
        f'<p class="zd-asked">{escape(answer.question)}</p><div class="zd-tabs" role="tablist">'
        f'<button type="button" role="tab" data-tab="cited">{texts.cited} <b>{len(sources)}</b></button>'
        f'<button type="button" role="tab" data-tab="all">{texts.considered} <b>{len(answer.hits)}</b>'
        f"</button></div>"
        f'<div class="zd-cited">{cited}</div><ol class="zd-all">{candidates}</ol>'
        f'<div class="zd-copy" id="copy-{name}" hidden>{escape(copy_text(answer, texts))}</div></section>'
    )


def copy_text(answer: Answer, texts: Texts) -> str:
    """The answer as plain text with a list of its sources, for the clipboard."""
    lines = [answer.text]
    if answer.citations:
        lines += ["", f"{texts.sources}:"]
    for citation in answer.citations:
        passage = citation.passage
        parts = [title(passage), *facts(passage, texts.page), *([passage.url] if passage.url else [])]
        lines.append(f"[{citation.number}] " + ", ".join(parts))
    return "\n".join(lines)


def _stage(text: str) -> str:
    return f'<div class="zd-stage"><span class="zd-dots"><i></i><i></i><i></i></span>{text}</div>'


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
    hint = speaker(citation.passage) or citation.passage.article
    quote = citation.quote if len(citation.quote) <= HINT_LENGTH else citation.quote[:HINT_LENGTH] + "…"
    kind = "cite" if citation.supported else "cite unsupported"
    shown = escape(f"{hint}：{quote}" if hint else quote).replace("<br>", " ")
    return f'<a class="{kind}" href="#cite-{name}-{citation.number}" title="{shown}">{citation.number}</a>'


def _refused(answer: Answer, name: str, texts: Texts) -> str:
    nearest = "".join(
        f'<a class="zd-near" href="#hit-{name}-{rank}">'
        f"<b>{escape(hit.passage.article or hit.passage.document)}</b>"
        f"<span>{escape(_shortened(hit.passage.text))}</span></a>"
        for rank, hit in enumerate(answer.hits[:NEAREST_SHOWN], 1)
    )
    if nearest:
        nearest = f'<div class="zd-nearest"><div class="zd-label">{texts.nearest}</div>{nearest}</div>'
    below = nearest + _notices(answer) + _footer(answer, name, texts)
    return (
        f'<div class="zd-answer zd-refused"><div class="zd-verdict">{texts.refused_title}</div>'
        f'<div class="zd-text">{escape(answer.text)}</div>{below}</div>'
    )


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= NEAREST_LENGTH else line[:NEAREST_LENGTH] + "…"


def _notices(answer: Answer) -> str:
    return "".join(f'<div class="zd-notice">{escape(notice)}</div>' for notice in answer.notices)


def _footer(answer: Answer, name: str, texts: Texts) -> str:
    modes = {"model": texts.mode_model, "extractive": texts.mode_extractive}
    mode = f"{modes[answer.mode]} · " if answer.status == "answered" else ""
    seconds = answer.timings_ms.get("total", sum(answer.timings_ms.values())) / 1000
    read = texts.finished.format(passages=len(answer.hits), seconds=f"{seconds:.2f}")
    links = [
        f'<a class="zd-act" href="#copy-{name}">{texts.copy}</a>',
        f'<a class="zd-act" href="#all-{name}">{texts.considered}</a>',
        _retry(texts),
    ]
    return f'<div class="zd-foot"><span class="zd-facts">{mode}{read}</span>{_actions(links)}</div>'


def _retry(texts: Texts) -> str:
    return f'<a class="zd-act zd-retry" href="#retry">{texts.retry}</a>'


def _actions(links: Sequence[str]) -> str:
    return f'<span class="zd-acts">{"".join(links)}</span>'


def _head(passage: Passage, number: str, texts: Texts) -> str:
    """Title and particulars of a passage, above its text."""
    shown = "".join(f"<span>{escape(fact)}</span>" for fact in facts(passage, texts.page))
    name = escape(passage.article or passage.document)
    return f'<header>{number}<h4>{name}</h4></header><p class="zd-facts">{shown}</p>'


def _origin(passage: Passage, texts: Texts) -> str:
    link = web_link(passage.url)
    if link is None:
        return ""
    address, host = (escape(part) for part in link)
    return (
        f'<a class="zd-origin" href="{address}" target="_blank" rel="noopener noreferrer" title="{address}">'
        f"{texts.open_original} · {host} ↗</a>"
    )


def _by_passage(sources: Sequence[Source]) -> list[list[Source]]:
    """Sources of one passage together, in order of its text; those that overlap stand apart."""
    groups: list[list[Source]] = []
    for source in sorted(sources, key=lambda source: source.citation.start):
        for group in groups:
            last = group[-1].citation
            if last.passage == source.citation.passage and last.end <= source.citation.start:
                group.append(source)
                break
        else:
            groups.append([source])
    return sorted(groups, key=lambda group: min(source.citation.number for source in group))


def _card(group: Sequence[Source], name: str, texts: Texts) -> str:
    """One passage with the sentences that are cited from it marked."""
    first = group[0]
    passage = first.citation.passage
    marked, at = "", 0
    for citation in (source.citation for source in group):
        start, end = citation.start - passage.start, citation.end - passage.start
        mark = f'<mark id="cite-{name}-{citation.number}">{escape(passage.text[start:end])}</mark>'
        marked, at = marked + escape(passage.text[at:start]) + mark, end
    marked += escape(passage.text[at:])
    before = f'<span class="zd-around">{escape(first.before)}</span>' if first.before else ""
    after = f'<span class="zd-around">{escape(first.after)}</span>' if first.after else ""
    numbers = sorted(source.citation.number for source in group)
    badges = "".join(f'<span class="zd-number">{number}</span>' for number in numbers)
    doubted = not all(source.citation.supported for source in group)
    doubt = f'<p class="zd-doubt">{texts.unsupported}</p>' if doubted else ""
    return (
        f'<article class="zd-source" tabindex="-1">{_head(passage, badges, texts)}{doubt}{_meanings(group, texts)}'
        f'<div class="zd-passage">{before}<span>{marked}</span>{after}</div>{_origin(passage, texts)}</article>'
    )


def _meanings(group: Sequence[Source], texts: Texts) -> str:
    """Which dates the relative ones of the cited sentences are, counted from the day of publication."""
    dates = {said: meant for source in group for said, meant in source.citation.dates.items()}
    return "".join(
        f'<p class="zd-meaning">{texts.meaning.format(escape(said), escape(meant))}</p>'
        for said, meant in dates.items()
    )


def _candidate(hit: Hit, rank: int, numbers: Sequence[int], name: str, texts: Texts) -> str:
    stages = "".join(
        f"<span>{escape(texts.stage(stage))} {score:.3f}</span>" for stage, score in hit.stages.items()
    )
    cited = "".join(f'<a class="cite" href="#cite-{name}-{number}">{number}</a>' for number in numbers)
    place = f'<span class="zd-rank">{rank}</span>'
    return (
        f'<li class="zd-source" id="hit-{name}-{rank}" tabindex="-1">{_head(hit.passage, place, texts)}'
        f'<div class="zd-passage"><span>{escape(hit.passage.text)}</span></div>'
        f'<p class="zd-scores"><b>{hit.score:.3f}</b>{stages}{cited}</p>{_origin(hit.passage, texts)}</li>'
    )
