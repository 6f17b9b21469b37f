"""Regular expressions that are compiled when they are first used.

Compiling all that this project has takes longer than answering a question, which uses half of them.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Pattern:
    """Becomes the pattern, attribute by attribute, as it is asked for."""

    def __init__(self, pattern: str, flags: re.RegexFlag) -> None:
        self._of = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._of), name)  # re itself keeps what it has compiled
        setattr(self, name, found)
        return found


def regex(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """As `re.compile`, but a mistake in it shows at its first use."""
    return cast("re.Pattern[str]", _Pattern(pattern, flags))
