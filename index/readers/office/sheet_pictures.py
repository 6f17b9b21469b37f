"""Which pictures a person sees on a sheet of an XLSX file: those laid over its cells, and those that WPS puts in cells.

Pictures are told by the names of their parts, from top to bottom. Hidden ones, and the pictures of charts and of
shapes' fillings, are left out; what is on them is for index.readers.pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.readers.office.package import Element, Package, R

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"

IN_CELL = re.compile(r'=?(?:_xlfn\.)?DISPIMG\("(\w{1,64})",\s*\d+\)')
"""What WPS stores as the value of a cell with a picture in it."""
_COUNT = re.compile(r"[0-9]{1,9}")


def pictures_over(package: Package, sheet: str) -> Iterator[str]:
    """The parts of the pictures that are laid over the cells of the sheet in the part `sheet`."""
    for link in package.relations(sheet).values():
        if link.kind != "drawing" or link.external:
            continue
        root = package.xml(link.target)
        if root is None:
            continue
        anchors = sorted(root, key=_place)
        links = package.relations(link.target)
        for picture in (one for anchor in anchors for one in anchor.iter(f"{XDR}pic")):
            found = links.get(_embedded(picture))
            if found is not None and not found.external and not _is_hidden(picture):
                yield found.target


def pictures_in_cells(package: Package, workbook: str) -> dict[str, str]:
    """Name → part of the pictures that cells of the workbook in the part `workbook` may hold."""
    parts = [link.target for link in package.relations(workbook).values() if link.kind == "cellImage"]
    found: dict[str, str] = {}
    for part in parts:
        root, links = package.xml(part), package.relations(part)
        for picture in root.iter(f"{XDR}pic") if root is not None else ():
            named, link = picture.find(f".//{XDR}cNvPr"), links.get(_embedded(picture))
            if named is not None and link is not None and not link.external:
                found[named.get("name", "")] = link.target
    return found


def _place(anchor: Element) -> tuple[int, int]:
    """Row and column of the cell where something laid over a sheet begins; what has no cell comes first."""
    row, column = (anchor.findtext(f"{XDR}from/{XDR}{tag}", "").strip() for tag in ("row", "col"))
    return (int(row) if _COUNT.fullmatch(row) else -1), (int(column) if _COUNT.fullmatch(column) else -1)


def _embedded(picture: Element) -> str:
    blip = picture.find(f".//{A}blip")
    return blip.get(f"{R}embed", "") if blip is not None else ""


def _is_hidden(picture: Element) -> bool:
    named = picture.find(f".//{XDR}cNvPr")
    return named is not None and named.get("hidden") in ("1", "true")
