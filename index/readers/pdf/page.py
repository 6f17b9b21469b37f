"""What stands on a page: runs of characters, rules, pictures, in one system of coordinates.

Coordinates are points (1/72 inch) from the top left corner of the page as it is shown, y downwards, so that a page's
own rotation and crop are already undone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Doubt = Literal["", "small", "white", "unpainted"]
"""Why a character may not be seen."""

Writing = Literal["level", "vertical", "both"]
"""How the text of a page runs: in lines, in columns from right to left, or partly so."""

LOW_CONFIDENCE = 65.0
"""0 to 100. Recognised text below it says so; good scans have 85 to 95."""

HYPHEN = "\u2010"
"""Stands in a run's text for a hyphen that the file marks as set by a line end."""


@dataclass(slots=True)
class Box:
    """A rectangle on a page: points from its top left corner, y downwards."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """In points."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """In points."""
        return self.y1 - self.y0

    def around(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1)
        )


@dataclass(slots=True)
class Char:
    """A character as the file has it. `turned` is in degrees, clockwise as shown; `spaced` says that white space stands
    before it."""

    text: str
    x0: float
    x1: float
    baseline: float
    size: float
    bold: bool
    spaced: bool
    turned: int
    doubt: Doubt = ""


@dataclass(slots=True)
class Run:
    """Neighbouring characters of one size on one baseline. `letters` holds (left, right) of each character of
    `text` in points; a space has the gap's."""

    text: str
    box: Box
    baseline: float
    size: float
    bold: bool = False
    letters: list[tuple[float, float]] = field(default_factory=list)
    confidence: float = 100.0
    """0 to 100, of text that was recognised in a picture; 100 for text that the file holds."""


@dataclass(slots=True)
class Page:
    """One page: its runs in the order of the file, its straight rules, and the places of its pictures."""

    number: int
    width: float
    height: float
    runs: list[Run] = field(default_factory=list)
    aside: list[Run] = field(default_factory=list)
    """Runs that are not level: stamps, watermarks, labels of an axis."""
    level: list[Box] = field(default_factory=list)
    upright: list[Box] = field(default_factory=list)
    pictures: list[Box] = field(default_factory=list)
    density: float = 0.0
    """Pixels a point of the largest picture; 0 where nothing tells."""
    figures: int = 0
    """Pictures beside its own text that were recognised."""
    paths: int = 0
    unknown: int = 0
    """Characters that the file does not say the meaning of."""
    hidden: int = 0
    """Characters that nobody can see, which are not among the runs."""
    recognised: bool = False
    """Whether the text comes from a picture, by recognition."""
    confidence: float = 100.0
    """0 to 100: the mean of what was recognised."""
    writing: Writing = "level"
    """Of a vertical page, all places are those on the page turned by a quarter, to the left: columns are lines there."""
    unread: str = ""
    """Why a page that is a picture was not recognised, for the user."""


Point = Callable[[float, float], tuple[float, float]]
"""A point of the file's own coordinates → the same on the page as it is shown."""
