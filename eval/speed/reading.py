"""`make bench-read`: how fast files are read, beside what the plain libraries take to get at the text alone.

The floor of a format is the least that a program would do with the library it would use: decode a text whose encoding
it has to find, take the text of all elements, paragraphs, cells or pages. Ours also finds headings, tables, articles
and pages, repairs the layout, and leaves out what is hidden. What of our time that takes is told beside the ratio, and
what cutting into passages takes on top. Ratios are of processor time in one process; rates with one and with two
workers are by the clock, through the child processes that files are read in.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from unittest.mock import patch

from charset_normalizer import from_bytes
from lxml import html

from eval.speed.corpus import made_up
from index.readers import read, suffix_of
from index.readers.sandbox import close, read_safely
from index.split import split

DOCUMENTS = 12
"""Made-up documents of some 3,000 characters in each file."""
REPEATS = 5
"""Times that each file is read, ours and the floor in turn; the median counts."""
FILES = 12
"""Copies of a file that the workers read."""
WIDTH = 38
"""Characters of a line of the hard-wrapped text."""
STEPS = (
    (("index.readers.text", "clean"), ("index.readers.pdf.document", "clean")),
    (
        ("index.readers.text", "outline"),
        ("index.readers.pdf.document", "outline"),
        ("index.readers", "with_standing"),
    ),
)
"""Where readers call what repairs the layout, and what finds the outline and the standing."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What reading one file takes: seconds of the processor, and files a second by the clock with workers."""

    name: str
    size: int
    pages: int
    ours: float
    floor: float
    cleaning: float
    outline: float
    """Seconds of `ours` for the repair of the layout, and for articles, headings, dates and standing."""
    splitting: float
    """Seconds to cut the document into passages; not in `ours`."""
    rates: tuple[float, ...]

    @property
    def unit(self) -> str:
        """What a rate of this file counts."""
        return "页 pages/s" if self.pages else "MB/s"

    def rate(self, files_per_second: float) -> float:
        """Pages or megabytes a second."""
        return files_per_second * (self.pages or self.size / 1e6)


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="files to read, besides made-up ones")
    parser.add_argument("--workers", default="1,2", help="numbers of workers, with commas between them")
    arguments = parser.parse_args()
    workers = [int(count) for count in arguments.workers.split(",")]
    files = made_up_files()
    if arguments.data is not None:
        found = sorted(file for file in arguments.data.rglob("*") if suffix_of(file.name) in FLOORS)
        files |= {file.name: file.read_bytes() for file in found}
    measured = []
    for name, data in files.items():
        print(f"{name} …", file=sys.stderr, flush=True)
        measured.append(measure(name, data, workers))
    print(markdown(measured, workers))
    return 0


def measure(name: str, data: bytes, workers: Sequence[int]) -> Speed:
    """The figures of one file."""
    floor, ours = FLOORS[suffix_of(name)], []
    floors = []
    pages = len(read(data, name).pages) if suffix_of(name) == ".pdf" else 0  # also loads the modules
    floor(data)
    for _ in range(REPEATS):
        floors.append(_seconds(lambda: floor(data)))
        ours.append(_seconds(lambda: read(data, name)))
    document = read(data, name)
    steps = [_steps(name, data) for _ in range(REPEATS)]
    return Speed(
        name,
        len(data),
        pages,
        median(ours),
        median(floors),
        median(cleaning for cleaning, _ in steps),
        median(outline for _, outline in steps),
        median(_seconds(lambda: split(document)) for _ in range(REPEATS)),
        tuple(_rate(name, data, count) for count in workers),
    )


def markdown(measured: Sequence[Speed], workers: Sequence[int]) -> str:
    """The table: a file a row."""
    heads = ["文件 file", "KB", "CPU ms", "下限 floor, CPU ms", "倍数 ratio"]
    heads += ["其中整理 of it cleaning", "其中结构 outline, standing", "另切分 splitting, CPU ms"]
    heads += [f"{count} 个进程 workers" for count in workers]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for one in measured:
        cells = [one.name, f"{one.size / 1e3:.0f}", f"{one.ours * 1e3:.1f}", f"{one.floor * 1e3:.1f}"]
        cells.append(f"{one.ours / one.floor:.2f}")
        cells += [f"{one.cleaning / one.ours:.0%}", f"{one.outline / one.ours:.0%}"]
        cells.append(f"{one.splitting * 1e3:.1f}")
        cells += [f"{one.rate(rate):.1f} {one.unit}" for rate in one.rates]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _steps(name: str, data: bytes) -> tuple[float, float]:
    """Seconds that cleaning takes and that outline and standing take when this file is read."""
    taken = [0.0, 0.0]

    def clocked(step: int, work: Callable[..., object]) -> Callable[..., object]:
        def run(*given: object, **named: object) -> object:
            start = time.process_time()
            made = work(*given, **named)
            taken[step] += time.process_time() - start
            return made

        return run

    with ExitStack() as stack:
        for step, places in enumerate(STEPS):
            for module, function in places:
                if module in sys.modules:  # else it is none that reads this format
                    work = getattr(sys.modules[module], function)
                    stack.enter_context(patch.object(sys.modules[module], function, clocked(step, work)))
        read(data, name)
    return taken[0], taken[1]


def _rate(name: str, data: bytes, workers: int) -> float:
    """Files a second by the clock, once as many processes as there are workers have started."""
    close()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda _: read_safely(data, name), range(2 * workers)))
        start = time.perf_counter()
        list(pool.map(lambda _: read_safely(data, name), range(FILES)))
        taken = time.perf_counter() - start
    close()
    return FILES / taken


def made_up_files() -> dict[str, bytes]:
    """One file of each format, of the same made-up documents."""
    texts = list(islice(made_up(), DOCUMENTS))
    paragraphs = [text.strip().split("\n") for text in texts]
    rows = [line.split("，") for lines in paragraphs for line in lines[1:]]
    return {
        "a.txt": "\n".join(texts).encode(),
        "gb.txt": "\n".join(texts).encode("gb18030"),
        "wrapped.txt": "\n".join(_wrapped("\n".join(texts))).encode(),
        "a.md": "\n\n".join(f"# {lines[0]}\n\n" + "\n\n".join(lines[1:]) for lines in paragraphs).encode(),
        "a.html": _page(paragraphs),
        "a.docx": _document(paragraphs),
        "a.xlsx": _workbook(rows),
        "a.pdf": _pdf(paragraphs),
    }


def _wrapped(text: str) -> Iterator[str]:
    """Lines as a PDF's text layer has them."""
    for line in text.split("\n"):
        yield from (line[start : start + WIDTH] for start in range(0, len(line), WIDTH))


def _page(documents: Sequence[Sequence[str]]) -> bytes:
    parts = [f"<h2>{head}</h2>" + "".join(f"<p>{line}</p>" for line in lines) for head, *lines in documents]
    return f"<html><head><title>页</title></head><body><div>{''.join(parts)}</div></body></html>".encode()


def _document(documents: Sequence[Sequence[str]]) -> bytes:
    import docx  # what makes files is needed by this program only

    made = docx.Document()
    for head, *lines in documents:
        made.add_heading(head, 1)
        for line in lines:
            made.add_paragraph(line)
    return _saved(made.save)


def _workbook(rows: Sequence[Sequence[str]]) -> bytes:
    import openpyxl

    made = openpyxl.Workbook(write_only=True)
    sheet = made.create_sheet("数据")
    sheet.append(["序号", "名称", "数量", "说明"])
    for number, row in enumerate([*rows] * 20):
        sheet.append([number, row[0][:12], number * 7 % 100, row[-1][:30]])
    return _saved(made.save)


def _pdf(documents: Sequence[Sequence[str]]) -> bytes:
    from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    file = io.BytesIO()
    canvas = Canvas(file)
    for lines in documents:
        text = "".join(lines)
        for start in range(0, len(text), 40 * 42):
            canvas.setFont("STSong-Light", 10.5)
            for n in range(42):
                canvas.drawString(85, 760 - 16 * n, text[start + 40 * n : start + 40 * n + 40])
            canvas.showPage()
    canvas.save()
    return file.getvalue()


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def _plain_text(data: bytes) -> str:
    return str(from_bytes(data).best())


def _plain_html(data: bytes) -> str:
    return str(html.fromstring(data).text_content())


def _plain_docx(data: bytes) -> str:
    import docx

    made = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in made.paragraphs), *cells])


def _plain_xlsx(data: bytes) -> str:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    rows = (row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True))
    return "\n".join("\t".join(str(cell) for cell in row) for row in rows)


def _plain_pdf(data: bytes) -> str:
    import pypdfium2

    file = pypdfium2.PdfDocument(data)
    texts = []
    for page in file:
        text = page.get_textpage()
        texts.append(text.get_text_bounded())
        text.close()
        page.close()
    file.close()
    return "\n".join(texts)


FLOORS: dict[str, Callable[[bytes], str]] = {
    ".docx": _plain_docx,
    ".htm": _plain_html,
    ".html": _plain_html,
    ".md": _plain_text,
    ".pdf": _plain_pdf,
    ".txt": _plain_text,
    ".xlsx": _plain_xlsx,
}
"""How each format's text is had with the usual library: charset-normalizer, lxml, python-docx, openpyxl, PDFium."""


if __name__ == "__main__":
    sys.exit(main())
