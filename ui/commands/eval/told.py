"""How the commands under `zhida eval` tell what is wrong with a gold file: a line for each place."""

from __future__ import annotations

from eval.gold import GoldError
from ui.console import complain, note, printable

WRONG = 2


def tell(error: GoldError) -> int:
    """Says every problem of a file that cannot be read or written; returns the exit code."""
    complain(error.problems[0])
    for problem in error.problems[1:]:
        note(f"  {printable(problem)}")
    return WRONG
