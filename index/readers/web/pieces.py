"""What a web page is read into before its main content is told: pieces, and the parts of the page that hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from index.lines import ends_sentence
from index.readers.blocks import Block

LONG = 60
"""Characters from which a piece without links is surely content."""
PROSE = 24
"""Characters from which a piece counts as running text although it ends like no sentence."""
LINKS = 0.5
"""Share of link text above which a piece is a link, not text."""

_SMALL_PRINT = re.compile(
    # The first characters as a class, which is searched for fast; re.IGNORECASE and str.lower cost more than the rest.
    "[版公举技主网浏未©CcIiAaJj](?:(?<=版)权所有|(?<=公)网安备|(?<=举)报电话|(?<=技)术支持[:：]|(?<=主)办单位[:：]|"
    "(?<=网)站标识码|(?<=浏)览器|(?<=未)经.{0,12}授权|(?<=©)|(?<=[Cc])[Oo](?:[Pp][Yy][Rr][Ii][Gg][Hh][Tt]|[Oo][Kk][Ii][Ee])|"
    "(?<=[Ii])[Cc][Pp][备证]|(?<=[Aa])[Ll][Ll] [Rr][Ii][Gg][Hh][Tt][Ss] [Rr][Ee][Ss][Ee][Rr][Vv][Ee][Dd]|"
    "(?<=[Jj])[Aa][Vv][Aa][Ss][Cc][Rr][Ii][Pp][Tt])"
)


@dataclass(slots=True)
class Piece:
    """One line of the page. `linked` counts its characters that are link text; `weak` when it stands aside.

    In the place of a picture it has an empty block, and what the page names the picture by in `picture`.
    """

    blocks: list[Block]
    linked: int = 0
    weak: bool = False
    picture: str = ""
    _running: int = -1  # counted once

    @property
    def text(self) -> str:
        """All its text."""
        if len(self.blocks) == 1:
            return self.blocks[0].text
        return "\n".join(block.text for block in self.blocks)

    @property
    def is_link(self) -> bool:
        """Whether it is mostly links."""
        return self.linked > 0 and self.linked > LINKS * max(1, len(self.text))

    @property
    def prose(self) -> int:
        """Characters of running text or of a table, 0 for menus, labels and small print."""
        return 0 if self.weak else self.running

    @property
    def running(self) -> int:
        """The same, wherever the piece stands."""
        if self._running < 0:
            self._running = self._count_running()
        return self._running

    def _count_running(self) -> int:
        text, kind = self.text, self.blocks[0].kind
        if kind in ("heading", "title"):
            return 0
        if kind == "row" or len(text) >= PROSE or (len(text) > 8 and ends_sentence(text)):
            return 0 if self.is_link or is_small_print(text) else len(text) - self.linked
        return 0


@dataclass(slots=True)
class Part:
    """An element of the page that holds the pieces first:last, and the parts inside it."""

    first: int
    last: int = 0
    marked: bool = False
    parts: list[Part] = field(default_factory=list)


def is_small_print(text: str) -> bool:
    """Whether a text speaks of the site: who owns it, who may copy it, how to see it."""
    return len(text) < 4 * LONG and _SMALL_PRINT.search(text) is not None
