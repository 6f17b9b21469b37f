"""Room in what is kept of late: an ordinary dict that must not grow without end.

What came first goes first, not what was used least of late, so that a look-up is no more than that of a dict. Threads
share such dicts without a lock: whoever has looked something up holds it and must not look again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def looked_up(
    known: dict[_Key, _Value],
    keys: Collection[_Key],
    read: Callable[[list[_Key]], dict[_Key, _Value]],
    most: int,
) -> dict[_Key, _Value]:
    """What is known of `keys`, and what `read` finds of the rest; that is kept, too, in `known` with its `most` entries."""
    there = {key: value for key in keys if (value := known.get(key)) is not None}
    if len(there) < len(keys) and (rest := [key for key in keys if key not in there]):
        found = read(rest)
        make_room(known, len(found), most)
        known.update(found)
        there |= found
    return there


def make_room(known: dict[Any, Any], more: int, most: int) -> None:
    """Forget half of `known`, its oldest, where it and `more` entries are more than `most`; all of it if need be.

    >>> letters = {1: "a", 2: "b", 3: "c", 4: "d"}
    >>> make_room(letters, 1, 4)
    >>> letters
    {3: 'c', 4: 'd'}
    """
    if len(known) + more > most:
        keys = list(known)  # in one step, since another thread may be adding to it
        for key in keys[: max(len(keys) + more - most, most // 2)]:
            known.pop(key, None)
