"""One writer at a time: who may change a home folder, and that the index follows what has changed.

Between processes the kernel's lock on home/LOCK decides, between the threads of one process a lock of its own. How a
change is stored and how the index is mended is in index.library_writer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from index.catalog_reader import CatalogReader
from index.durable import unwritable, writer_lock
from index.embed import Embedder
from index.errors import LibraryBusy, LibraryError
from index.library_reader import model_mismatch

if TYPE_CHECKING:
    from index.catalog import Catalog
    from index.library_writer import Writer

LOCK_SECONDS = 2.0  # how long to wait for another process: longer than the index needs to be mended
THREAD_SECONDS = 30.0  # how long to wait for another thread of this process


class LibraryLock:
    """Lets one thread of one process at a time write to the library in `home`.

    `writable` gives the catalog as a writer needs it; it is asked only then, since opening it is slow.
    """

    def __init__(
        self, home: Path, catalog: CatalogReader, writable: Callable[[], Catalog], embedder: Embedder
    ) -> None:
        self._home = home
        self._catalog = catalog
        self._writable = writable
        self._embedder = embedder
        self._thread_lock = threading.Lock()

    @contextmanager
    def writer(self, passage_length: int, rebuild: bool, wait: float) -> Iterator[Writer]:
        """The writer, under the lock; at the end the index has followed. See `Library.writing`."""
        from index.library_writer import PENDING, Writer  # which whoever only asks does without

        if not self._thread_lock.acquire(timeout=THREAD_SECONDS if wait else 0):
            raise LibraryBusy(
                f"本进程正在写入，请稍后再试 this process is writing to {self._home}, try again later"
            )
        try:
            with writer_lock(self._home / "LOCK", wait):
                mismatch = model_mismatch(self._catalog, self._embedder)
                if mismatch is not None and not rebuild:
                    raise mismatch
                writer = Writer(self._home, self._writable(), self._embedder, passage_length)
                try:
                    yield writer
                    writer.catch_up()
                    writer.fold_if(PENDING)
                finally:
                    writer.close()
        except BrokenPipeError:  # of who follows the progress
            raise
        except OSError as error:
            raise unwritable(self._home, error) from None
        finally:
            self._thread_lock.release()

    def mend(self, segment_lost: bool) -> bool:
        """Put the index on disk right, if nobody else is writing; False if it could not be done."""
        from index.library_writer import PENDING, Writer  # as in `writer`

        try:
            with writer_lock(self._home / "LOCK", 0):
                writer = Writer(self._home, self._writable(), self._embedder)
                try:
                    if segment_lost:
                        writer.fold()
                    else:
                        writer.fold_if(PENDING)
                finally:
                    writer.close()
        except (LibraryError, OSError):
            return False
        return True
