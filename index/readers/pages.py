"""Pages of a PDF as they look: a picture of one, and where a quotation stands on it, from a child process.

`picture_of_page` and `quote_on_page` ask; `page_of` is what the child does (index.readers.child). What comes back is
checked as documents are, for the parser may have been taken over by the file. Nothing is kept here.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass

from index.errors import ReadError
from index.readers.sandbox import Limits, ask_safely

WIDTH = 1240
"""Pixels that a picture of a page is wide: 150 to the inch on A4."""
LONGEST = 4000
"""Pixels of a picture's longer side at most."""
LIMITS = Limits(seconds=30.0)
"""A page that is a scan has to be recognised once more to find a quotation on it, which takes seconds."""
MOST_BOXES = 500
SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Quoted:
    """A page's size and the boxes (left, top, right, bottom) of a quotation, a line each; points from its top left."""

    width: float
    height: float
    boxes: tuple[tuple[float, float, float, float], ...] = ()


def picture_of_page(data: bytes, number: int, name: str) -> bytes | None:
    """Page `number` (from 1) of a PDF as a PNG of WIDTH pixels; None if there is no such page. Raises ReadError."""
    answer = ask_safely(data, {"name": name, "page": number}, LIMITS).get("png")
    if answer is None:
        return None
    try:
        picture = base64.b64decode(answer, validate=True) if isinstance(answer, str) else b""
    except (binascii.Error, ValueError):
        picture = b""
    if not picture.startswith(SIGNATURE):
        raise _not_valid(name)
    return picture


def quote_on_page(data: bytes, number: int, name: str, quote: str) -> Quoted | None:
    """Where `quote` stands on page `number`; no boxes if it does not, None if there is no such page. Raises ReadError."""
    answer = ask_safely(data, {"name": name, "page": number, "quote": quote}, LIMITS)
    if "size" not in answer:
        return None
    size, boxes = answer["size"], answer.get("boxes")
    if not isinstance(boxes, list) or len(boxes) > MOST_BOXES:
        raise _not_valid(name)
    width, height = _numbers(size, 2, name)
    found = [_numbers(box, 4, name) for box in boxes]
    if width <= 0 or height <= 0:
        raise _not_valid(name)
    return Quoted(width, height, tuple((a, b, c, d) for a, b, c, d in found))


def page_of(data: bytes, request: Mapping[str, object]) -> dict[str, object]:
    """What a child answers to a request with a "page", and perhaps a "quote". Raises ReadError."""
    # PDFium, which children that read other formats do without.
    from index.readers.pdf.boxes import boxes_on
    from index.readers.pdf.reader import opened_page, read_single_page

    name, number = str(request["name"]), int(str(request["page"]))
    with opened_page(data, number, name) as page:
        if page is None:
            return {}
        width, height = (max(1.0, side) for side in page.get_size())
        if "quote" not in request:
            scale = min(WIDTH / width, LONGEST / max(width, height))
            file = io.BytesIO()
            page.render(scale=scale).to_pil().save(file, "PNG", compress_level=5)
            return {"png": base64.b64encode(file.getvalue()).decode("ascii")}
    read = read_single_page(data, number, name)
    # A scan that lay on its side was read upright: its places are not those of the picture.
    as_shown = (
        read is not None and abs((read.height if read.writing == "vertical" else read.width) - width) < 1
    )
    boxes = boxes_on(read, str(request["quote"])) if read is not None and as_shown else []
    return {
        "size": [width, height],
        "boxes": [[box.x0, box.y0, box.x1, box.y1] for box in boxes[:MOST_BOXES]],
    }


def _numbers(item: object, count: int, name: str) -> tuple[float, ...]:
    if isinstance(item, list) and len(item) == count and all(type(each) in (int, float) for each in item):
        found = tuple(float(each) for each in item)
        if all(math.isfinite(each) and abs(each) < 1e6 for each in found):
            return found
    raise _not_valid(name)


def _not_valid(name: str) -> ReadError:
    return ReadError(f"{name}: 页面无法显示 the page cannot be shown")
