"""The side panel of an answer as HTML: its sources with the cited sentences marked, and every passage considered.

Like ui.render: pure, and everything foreign escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from index.passage import Hit, Passage
from rag.answer import Answer, Citation
from ui.particulars import facts
from ui.render import escape, web_link
from ui.texts import Texts
from ui.viewer.links import source_link

State = Literal["same", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Source:
    """A citation with what is known about its place today.

    `before` and `after` are the text around its passage in the article; `state` says whether the cited words still stand
    in the document.
    """

    citation: Citation
    before: str = ""
    after: str = ""
    state: State = "same"


def evidence(answer: Answer, sources: Sequence[Source], name: str, texts: Texts) -> str:
    """The panel of one answer with its two tabs; `name` as for the answer."""
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
    shown = "all" if answer.status == "refused" else "cited"
    tabs = _tab("cited", texts.cited, len(sources), name, shown) + _tab(
        "all", texts.considered, len(answer.hits), name, shown
    )
    key = escape(name)
    return (
        f'<section class="zd-evidence" data-answer="{key}" data-tab="{shown}">'
        f'<h2 class="zd-asked">{escape(answer.question)}</h2>'
        f'<div class="zd-tabs" role="tablist" aria-label="{texts.evidence}">{tabs}</div>'
        f'<div class="zd-cited" role="tabpanel" id="panel-cited-{key}" aria-labelledby="tab-cited-{key}" tabindex="0">'
        f"{cited}</div>"
        f'<div class="zd-all" role="tabpanel" id="panel-all-{key}" aria-labelledby="tab-all-{key}" tabindex="0">'
        f'<p class="zd-label">{texts.scores}</p><ol>{candidates}</ol></div></section>'
    )


def _tab(tab: str, label: str, count: int, name: str, shown: str) -> str:
    key, chosen = escape(name), tab == shown
    return (
        f'<button type="button" role="tab" id="tab-{tab}-{key}" data-do="tab" data-tab="{tab}" '
        f'aria-controls="panel-{tab}-{key}" aria-selected="{str(chosen).lower()}" tabindex="{0 if chosen else -1}">'
        f"{label} <b>{count}</b></button>"
    )


def _head(passage: Passage, number: str, texts: Texts) -> str:
    """Title and particulars of a passage, above its text."""
    shown = "".join(f"<span>{escape(fact)}</span>" for fact in facts(passage, texts.page))
    place = " › ".join(escape(part) for part in dict.fromkeys((passage.section, passage.heading)) if part)
    place = f'<p class="zd-place">{place}</p>' if place else ""
    unsure = f'<p class="zd-unsure">{texts.unsure}</p>' if passage.unsure else ""
    name = escape(passage.article or passage.document)
    return f'<header>{number}<h3>{name}</h3></header>{place}<p class="zd-facts">{shown}</p>{unsure}'


def _links(passage: Passage, start: int, end: int, texts: Texts) -> str:
    """The viewer at this sentence, and the page it was published on."""
    links = []
    if passage.document_id and passage.id:
        quote = passage.text[start - passage.start : end - passage.start]
        address = escape(source_link(passage.document_id, start, end, quote, passage.id))
        links.append(
            f'<a class="zd-origin" href="{address}" target="_blank" rel="noopener">{texts.viewer}</a>'
        )
    link = web_link(passage.url)
    if link is not None:
        address, host = (escape(part) for part in link)
        links.append(
            f'<a class="zd-origin" href="{address}" target="_blank" rel="noopener noreferrer" title="{address}">'
            f"{texts.open_original} · {host} ↗</a>"
        )
    return f'<p class="zd-origins">{"".join(links)}</p>' if links else ""


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
        mark = f'<mark id="cite-{escape(name)}-{citation.number}">{escape(passage.text[start:end])}</mark>'
        marked, at = marked + escape(passage.text[at:start]) + mark, end
    marked += escape(passage.text[at:])
    before = f'<span class="zd-around">{escape(first.before)}</span>' if first.before else ""
    after = f'<span class="zd-around">{escape(first.after)}</span>' if first.after else ""
    numbers = sorted(source.citation.number for source in group)
    badges = "".join(f'<span class="zd-number">{number}</span>' for number in numbers)
    links = _links(passage, first.citation.start, first.citation.end, texts) if first.state != "gone" else ""
    return (
        f'<article class="zd-source" tabindex="-1">{_head(passage, badges, texts)}{_remarks(group, texts)}'
        f'<div class="zd-passage">{before}<span>{marked}</span>{after}</div>{links}</article>'
    )


def _remarks(group: Sequence[Source], texts: Texts) -> str:
    """What a reader has to know about these citations before trusting them."""
    lines = []
    state = next((source.state for source in group if source.state != "same"), "same")
    if state != "same":
        lines.append(
            f'<p class="zd-moved">{texts.source_changed if state == "changed" else texts.source_gone}</p>'
        )
    if not all(source.citation.supported for source in group):
        lines.append(f'<p class="zd-doubt">{texts.unsupported}</p>')
    dates = {said: meant for source in group for said, meant in source.citation.dates.items()}
    lines += [
        f'<p class="zd-meaning">{texts.meaning.format(escape(said), escape(meant))}</p>'
        for said, meant in dates.items()
    ]
    also = dict.fromkeys(name for source in group for name in source.citation.also_in)
    if also:
        names = "、".join(escape(name) for name in also)
        lines.append(f'<p class="zd-also">{texts.also_in.format(names)}</p>')
    return "".join(lines)


def _candidate(hit: Hit, rank: int, numbers: Sequence[int], name: str, texts: Texts) -> str:
    """One passage of the second tab, with the score of every stage that saw it."""
    stages = "".join(
        f"<span>{escape(texts.stage(stage))} <b>{score:.3f}</b></span>" for stage, score in hit.stages.items()
    )
    key = escape(name)
    cited = "".join(
        f'<button type="button" class="cite" data-do="cite" data-answer="{key}" data-number="{number}" '
        f'aria-label="{texts.cited} {number}">{number}</button>'
        for number in numbers
    )
    also = "".join(
        f'<p class="zd-also">{texts.also_in.format(escape(other.document))}</p>' for other in hit.also
    )
    passage = hit.passage
    place = f'<span class="zd-rank">{rank}</span>'
    return (
        f'<li class="zd-source" id="hit-{key}-{rank}" tabindex="-1">{_head(passage, place, texts)}'
        f'<p class="zd-scores"><span class="zd-total">{texts.total} <b>{hit.score:.3f}</b></span>{stages}{cited}</p>'
        f'<div class="zd-passage"><span>{escape(passage.text)}</span></div>{also}'
        f"{_links(passage, passage.start, passage.end, texts)}</li>"
    )
