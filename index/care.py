"""What the keeper of a library does now and then: back up, restore, roll back, compact (index.verify: verify).

All take the writer's lock; none of them disturbs those who search meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from index.backup import Backup, restore_backup, write_backup
from index.durable import bytes_below
from index.library import Library
from index.previous import keep_previous, roll_back


@dataclass(frozen=True, slots=True)
class Compacted:
    """Bytes on disk before and after."""

    before: int
    after: int


def backup(library: Library, file: Path) -> Backup:
    """Write everything that the library knows to one file. Raises LibraryBusy, and LibraryError if it cannot be written."""
    with library.writing(rebuild=True) as writer:
        return write_backup(writer.catalog, file)


def restore(library: Library, file: Path) -> Backup:
    """Make the library hold what a backup holds; what it held is kept to roll back to.

    Raises LibraryError, before anything has changed, for a file that is no backup or a damaged one.
    """
    with library.writing(rebuild=True) as writer:
        if writer.catalog.last_change():
            keep_previous(writer.catalog)
        made = restore_backup(writer.catalog, file, writer.prepare)
        writer.catch_up()
        writer.drop_originals()
    return made


def rollback(library: Library) -> None:
    """Go back to the state before the last rebuild, restore or large sync; a second time leads forward again.

    Raises LibraryError if no such state was kept.
    """
    with library.writing(rebuild=True) as writer:
        roll_back(writer.catalog, writer.prepare)


def compact(library: Library) -> Compacted:
    """Give back the room of what was deleted, so that none of it is on disk any more, the previous state included."""
    with library.writing() as writer:
        before = bytes_below(library.home)
        writer.compact()
    return Compacted(before, bytes_below(library.home))
