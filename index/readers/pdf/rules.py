"""The straight rules of a PDF page, and the places of its pictures.

What stands inside a form object is looked past, but for whether there is a picture: its place is in the form's terms.
"""

from __future__ import annotations

import ctypes

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from index.readers.pdf.page import Box, Page, Point

MOST_OBJECTS = 20_000
"""Paths and pictures that are looked at on one page; a map or a drawing may have a million."""


def read_objects(page: pdfium.PdfPage, to_view: Point, found: Page) -> None:
    """Adds the rules and pictures of a page to `found`."""
    for i in range(min(raw.FPDFPage_CountObjects(page), MOST_OBJECTS)):
        handle = raw.FPDFPage_GetObject(page, i)
        kind = raw.FPDFPageObj_GetType(handle)
        if kind == raw.FPDF_PAGEOBJ_PATH:
            found.paths += 1
            _read_path(handle, to_view, found)
        elif kind in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM):
            box = _bounds(handle, to_view)
            if kind == raw.FPDF_PAGEOBJ_IMAGE or _holds_picture(handle):
                found.pictures.append(_clipped(box, found))
            if kind == raw.FPDF_PAGEOBJ_IMAGE:
                pixels, rows = ctypes.c_uint(), ctypes.c_uint()
                raw.FPDFImageObj_GetImagePixelSize(handle, pixels, rows)
                if box.width >= max((other.width for other in found.pictures), default=0) and box.width > 0:
                    found.density = pixels.value / box.width


def _clipped(box: Box, page: Page) -> Box:
    return Box(max(box.x0, 0), max(box.y0, 0), min(box.x1, page.width), min(box.y1, page.height))


def _holds_picture(form: object) -> bool:
    count = min(raw.FPDFFormObj_CountObjects(form), 200)
    kinds = (raw.FPDFPageObj_GetType(raw.FPDFFormObj_GetObject(form, i)) for i in range(count))
    return any(kind == raw.FPDF_PAGEOBJ_IMAGE for kind in kinds)


def _bounds(handle: object, to_view: Point) -> Box:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    raw.FPDFPageObj_GetBounds(handle, left, bottom, right, top)
    return _box(to_view(left.value, bottom.value), to_view(right.value, top.value))


def _box(a: tuple[float, float], b: tuple[float, float]) -> Box:
    return Box(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))


def _read_path(handle: object, to_view: Point, found: Page) -> None:
    """Adds the straight level and upright lines of a path: a thin box, or the strokes of a drawn one."""
    box = _bounds(handle, to_view)
    if box.height <= 3 or box.width <= 3:
        _add_rule(box, found)
        return
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(handle, fill, stroke)
    count = raw.FPDFPath_CountSegments(handle)
    if not stroke.value or not 2 <= count <= 2000:
        return
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(handle, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    first = last = None
    for i in range(count):
        segment = raw.FPDFPath_GetPathSegment(handle, i)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = to_view(
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO or last is None:
            first = point
        elif kind == raw.FPDF_SEGMENT_LINETO:
            _add_rule(_box(last, point), found)
        last = point
        if raw.FPDFPathSegment_GetClose(segment) and first is not None:
            _add_rule(_box(last, first), found)


def _add_rule(box: Box, found: Page) -> None:
    if box.height <= 3 and box.width >= 8:
        found.level.append(box)
    elif box.width <= 3 and box.height >= 6:
        found.upright.append(box)
