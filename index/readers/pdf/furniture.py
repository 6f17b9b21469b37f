"""Running headers, footers and page numbers: what stands at the edge of one page as it does on the next."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from index.lines import squeeze
from index.readers.pdf.columns import lines_of
from index.readers.pdf.page import Page, Run

MARGIN = 0.16
"""Share of the page's height at its top and at its foot in which furniture is looked for."""
DEEPEST = 4
"""Lines from the page's edge in which furniture is looked for."""
FOOT = 0.9
"""Share of the page's height below which a number alone is the page's."""
PLACE = 0.02
"""Share of the page's height within which two lines stand at the same place."""
NEXT = 2
"""Pages within which furniture comes again; left and right pages may have their own."""

_NUMBER = re.compile(
    r"[·•‧∙\-–—~\s|]*(?:第\s*\d{1,4}\s*页|共\s*\d{1,4}\s*页|第\s*\d{1,4}\s*页\s*[/，,]?\s*(?:共|总)\s*\d{1,4}\s*页|"
    r"[Pp](?:age|AGE)?\.?\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?|\d{1,4}\s*/\s*\d{1,4})[·•‧∙\-–—~\s|]*|"
    r"[·•‧∙\-–—~]\s*\d{1,4}\s*[·•‧∙\-–—~]"
)
_FILLER = re.compile(r"[·•‧∙\-–—~|_\s]+")


def drop_furniture(pages: Sequence[Page]) -> int:
    """Takes running headers, footers and page numbers out of `pages`; returns how many lines went."""
    places: dict[str, list[tuple[int, float]]] = defaultdict(list)
    edges = [_edge_lines(page) for page in pages]
    for page, lines in zip(pages, edges, strict=True):
        for line in lines:
            for run in line:
                places[_key(run)].append((page.number, run.baseline / page.height))
    dropped = 0
    for page, lines in zip(pages, edges, strict=True):
        gone: set[int] = set()
        for line in lines:
            marked = [run for run in line if _comes_again(run, page, places) or _is_number(run, line, page)]
            covered = sum(len(run.text) for run in marked)
            rest = [run for run in line if run not in marked]
            if marked and (not rest or covered >= 0.6 * sum(len(run.text) for run in line)):
                marked += [run for run in rest if re.fullmatch(r"\W*\d{0,4}\W*", run.text)]
                gone |= {id(run) for run in marked}
                dropped += 1
        page.runs = [run for run in page.runs if id(run) not in gone]
    dropped += _drop_numbered(pages)
    asides = [{run.text for run in page.aside} for page in pages]
    for n, page in enumerate(pages):
        near = [*asides[max(0, n - NEXT) : n], *asides[n + 1 : n + NEXT + 1]]
        page.aside = [run for run in page.aside if not any(run.text in texts for texts in near)]
    return dropped


def _drop_numbered(pages: Sequence[Page]) -> int:
    """Drops outermost lines that begin or end in the page's number, whatever else they say."""
    dropped = 0
    for top in (True, False):
        lines = {}
        for page in pages:
            found = [line for line in lines_of(page.runs) if (line.baseline < MARGIN * page.height) == top]
            found = [line for line in found if top or line.baseline > (1 - MARGIN) * page.height]
            if found:
                lines[page.number] = found[0 if top else -1]
        counted = Counter(
            number - page
            for page, line in lines.items()
            for number in _numbers(line.text)
            if len(line.text) < 60
        )
        offset, count = counted.most_common(1)[0] if counted else (0, 0)
        if count < 3 or count < 0.4 * len(lines):
            continue
        sure = [
            page
            for page in pages
            if page.number in lines and page.number + offset in _numbers(lines[page.number].text)
        ]
        heights = [lines[page.number].baseline / page.height for page in sure]
        for page in pages:
            line = lines.get(page.number)
            near = line and min(abs(line.baseline / page.height - height) for height in heights) <= PLACE / 2
            if line and (page in sure or (page.recognised and near and len(line.text) < 30)):
                gone = {id(run) for run in line.runs}
                page.runs = [run for run in page.runs if id(run) not in gone]
                dropped += 1
    return dropped


def _numbers(text: str) -> set[int]:
    """The numbers that a line begins and ends with."""
    return {int(match) for match in re.findall(r"^\d{1,4}(?=\D)|(?<=\D)\d{1,4}$", text.strip())}


def _edge_lines(page: Page) -> list[list[Run]]:
    """The runs of the outermost lines at the top and at the foot of a page."""
    lines = lines_of(
        [run for run in page.runs if not MARGIN * page.height < run.baseline < (1 - MARGIN) * page.height]
    )
    half = page.height / 2
    top = [line.runs for line in lines if line.baseline < half][:DEEPEST]
    foot = [line.runs for line in lines if line.baseline >= half][-DEEPEST:]
    return [*top, *foot]


def _key(run: Run) -> str:
    return re.sub(r"\d+", "#", _FILLER.sub("", squeeze(run.text)))


def _comes_again(run: Run, page: Page, places: dict[str, list[tuple[int, float]]]) -> bool:
    """Whether the same words, but for their digits, stand at this height on a page nearby."""
    at = run.baseline / page.height
    return any(
        0 < abs(number - page.number) <= NEXT and abs(other - at) <= PLACE
        for number, other in places[_key(run)]
    )


def _is_number(run: Run, line: Sequence[Run], page: Page) -> bool:
    """Whether a run is a page number by its look, or by standing alone at the very foot."""
    if _NUMBER.fullmatch(run.text):
        return True
    return len(line) == 1 and run.text.isdigit() and len(run.text) <= 4 and run.baseline > FOOT * page.height
