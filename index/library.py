"""A library: documents in, ranked passages out. The only door to a home folder.

Many threads and processes may read; one at a time may write, under a lock that the kernel frees when its
holder dies. What is on disk where is in index.catalog (the truth), index.manifest and index.library_writer. A
library knows nothing of questions beyond their words, and fuses nothing: each mode is asked by itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from index import words
from index.catalog_reader import CatalogReader, damaged
from index.durable import sha256_of, writer_lock
from index.embed import Embedder
from index.errors import LibraryBusy, LibraryError
from index.library_home import find_catalog, make_home, open_catalog, remove_home
from index.library_lock import LOCK_SECONDS, LibraryLock
from index.library_reader import Reader
from index.library_search import Mode, Search
from index.library_status import CATALOG, LibraryStatus, status_of
from index.neighbours import head_of, neighbours_of
from index.passage import EVERYWHERE, Document, Hit, Passage, Where
from index.split import IDEAL
from index.vectors.base import Vectors

if TYPE_CHECKING:
    from index.catalog import Catalog, DocumentInfo
    from index.library_writer import Writer
    from index.sync import Progress, SyncReport

_T = TypeVar("_T")

DOCUMENTS_AT_ONCE = 256  # stored in one transaction


class Library:
    """An open home folder. Safe to use from many threads."""

    def __init__(
        self, home: Path, embedder: Embedder, catalog: CatalogReader, passage_length: int = IDEAL
    ) -> None:
        """Use `Library.open`."""
        self.home = home
        self.passage_length = passage_length
        self._embedder = embedder
        self._catalog = catalog
        self._lock = LibraryLock(home, catalog, lambda: self.catalog, embedder)
        self._asked: tuple[str | None, NDArray[np.float32]] = (None, np.zeros(0, dtype=np.float32))
        self._made: tuple[Path, ...] | None = None
        """The folders made for this library, if it has just been made."""
        self._reader = Reader(home, catalog, embedder, mend=self._lock.mend)

    @classmethod
    def open(
        cls,
        home: Path,
        embedder: Embedder,
        *,
        create: bool = False,
        rebuild: bool = False,
        passage_length: int = IDEAL,
    ) -> Self:
        """The library in `home`; with `create`, an empty one is made if there is none.

        An index that is missing, damaged or behind the catalog is put right on the way. Raises
        LibraryError if there is no library and ModelMismatch if another model made its vectors; with
        `rebuild` the latter is let pass, for the `sync(..., rebuild=True)` that must follow.
        `passage_length` is how many characters a passage aims at that is made from now on; the next sync reads
        again what was split to another length, and searching does not ask for it.
        """
        made: tuple[Path, ...] | None = None
        if not create:
            find_catalog(home)
        elif not (home / CATALOG).exists():
            made = make_home(home)
        catalog = open_catalog(home, create)
        try:
            library = cls(home, embedder, catalog, passage_length)
            library._made = made
            if library._reader.mismatch is not None and not rebuild:
                raise library._reader.mismatch
            return library
        except BaseException:
            catalog.close()
            raise

    # Changing

    def sync(
        self,
        paths: Sequence[Path],
        *,
        rebuild: bool = False,
        collection: str = "",
        on_progress: Callable[[Progress], None] | None = None,
        workers: int = 0,
    ) -> SyncReport:
        """Make `collection` hold exactly the files of `paths` (files and folders); see index.sync.

        Other collections stay as they are. With `rebuild` every file is read and encoded again, in one step
        that readers see whole. `workers` is how many processes read files at a time, 0 for as many as there
        are cores. Raises ReadError if a path is missing or the library's own, before anything has changed, and
        LibraryBusy. If no file at all can be read, nothing changes and the report says so. A library that
        `open` has made and that is still empty then is taken away and closed.
        """
        from index.scan import check
        from index.sync import sync  # here, since asking needs no readers: they cost 0.1 s to import

        try:
            check(paths, self.home)
            with self.writing(rebuild) as writer:
                return sync(writer, paths, rebuild, on_progress, collection, workers)
        finally:
            if self._made is not None:
                self._unmake()

    def add(self, document: Document, original: bytes) -> Document:
        """Store a document, in place of the one of its name if there is one; returns it with its id.

        When this returns, the document is on disk and is found, and no sync of a folder takes it away. One whose
        original is unchanged is returned as it is stored. Raises LibraryBusy.
        """
        with self.writing() as writer:
            self._add(writer, [(document, original)])
            # Under the lock: later another process may remove it.
            added = self.document(document.name, document.collection)
        return added

    def add_many(self, documents: Iterable[tuple[Document, bytes]]) -> int:
        """Store documents with their originals, as `add` does; returns how many were new or had changed.

        They become durable in batches: after a crash some of the first are there, and none by half.
        """
        stored = 0
        with self.writing() as writer:
            waiting = iter(documents)
            while batch := list(islice(waiting, DOCUMENTS_AT_ONCE)):
                stored += self._add(writer, batch)
        return stored

    def _add(self, writer: Writer, documents: Sequence[tuple[Document, bytes]]) -> int:
        from index.library_writer import reading_number  # here, since asking needs no readers
        from index.reading import reading_of

        fresh, replaced = {}, []
        number = reading_number(self.passage_length)
        versions = self.catalog.versions([(document.collection, document.name) for document, _ in documents])
        for document, original in documents:
            key = (document.collection, document.name)
            stored = versions.get(key)
            if stored is not None and (stored[0], abs(stored[1])) == (sha256_of(original), number):
                continue
            fresh[key] = reading_of(document, original, self.passage_length)
            replaced += [stored[0]] if stored is not None else []
        if fresh:
            writer.store(list(fresh.values()), sent=True)
            writer.drop_originals_of(replaced)
        return len(fresh)

    def remove(self, name: str, collection: str = "") -> None:
        """Remove a document; none of it is found when this returns. Raises LibraryError for an unknown name."""
        self.remove_many([name], collection)

    def remove_many(self, names: Sequence[str], collection: str = "") -> None:
        """Remove documents, all or, when one of the names is unknown (LibraryError), none."""
        with self.writing() as writer:
            stored = self.catalog.versions([(collection, name) for name in names])
            for name in names:
                if (collection, name) not in stored:
                    raise self._not_found(name, collection)
            writer.remove(names, collection)
            writer.drop_originals_of(stored[collection, name][0] for name in names)

    # Searching

    def search(
        self, question: str, k: int = 10, mode: Mode = "lexical", where: Where = EVERYWHERE
    ) -> list[Hit]:
        """The `k` best passages, best first. Higher scores are better: BM25 for "lexical", inner product
        (-1..1) for "dense"; comparable within one list only. Sees what any process has stored until now.
        Raises ModelMismatch in dense mode if the library was rebuilt with another model meanwhile."""

        def find(search: Search) -> list[Hit]:
            found = search.ranked(question, k, mode, where)
            there = search.passages([id for id, _ in found])
            return [Hit(there[id], score, {mode: score}) for id, score in found if id in there][:k]

        return self.searching(find)

    def searching(self, find: Callable[[Search], _T]) -> _T:
        """What `find` makes of the library as it is now; asked again when passages that it wanted were removed meanwhile."""
        self.refresh()
        further = 0
        while True:
            search = Search(self._reader, self._catalog, self.encode_query, further)
            found = find(search)
            if not search.short:
                return found
            # Removed since the snapshot was made: look at what has come in their place, or behind them.
            self._catalog.check_gone(sorted(search.gone))
            if self._reader.refresh(wait=True) or self._reader.snapshot is not search.snapshot:
                further = 0
            elif search.exhausted:
                return found
            else:
                further = max(search.wanted, 2 * len(search.gone))

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question: shape (d,), unit length; zero when the model knows none of its words."""
        asked, vector = self._asked
        if text != asked:
            vector = self._embedder.encode([words.normalize(text)], kind="query").reshape(-1)
            self._asked = text, vector  # one question is searched for in several ways
        return vector

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The vectors of any texts, such as single sentences, as those of passages are made: (n, d), unit length."""
        return self._embedder.encode([words.normalize(text) for text in texts], kind="passage")

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """The vectors of these passages, float32 of shape (n, d), in the given order.

        A zero row, which is near to nothing, for a passage that is gone: what a search has found another
        process may have removed since, or encoded with another model.
        """
        there, found = self._reader.vectors(ids)
        rows = np.zeros((len(ids), self._embedder.dimension), dtype=np.float32)
        if there:
            place = {id: row for row, id in enumerate(there)}
            known = [row for row, id in enumerate(ids) if id in place]
            rows[known] = found[[place[ids[row]] for row in known]]
        return rows

    def rarity(self, tokens: Collection[str]) -> dict[str, float]:
        """How rare each word is among the passages, see LexicalIndex.rarity: 0 is everywhere, higher is rarer."""
        return self._reader.snapshot.lexical.rarity(tokens)

    # Looking things up

    def passage(self, id: int) -> Passage:
        """The passage of this id; raises LibraryError if there is none."""
        self.refresh()
        found = self.passages([id])
        if not found:
            raise LibraryError(f"没有这个段落 no such passage: {id}")
        return found[0]

    def passages(self, ids: Sequence[int]) -> list[Passage]:
        """The passages of these ids in the given order; ids that are gone are left out."""
        found = self._reader.passages(ids)
        return [found[id] for id in ids if id in found]

    def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        """The passage with up to `before` and `after` others around it, in order of the text.

        Only of the same kind and the same article: the run of neighbours ends where another one begins.
        """
        return neighbours_of(passage, self.passages, before, after)

    def head(self, passage: Passage) -> Passage | None:
        """The headline with the byline of the passage's article; None where it has no head of its own."""
        return head_of(passage, self.passages)

    def speakers(self) -> list[str]:
        """The names of all who speak or write in some document, as printed there; kept until something changes."""
        return list(self._reader.speakers())

    def collections(self) -> list[str]:
        """The collections that hold a document, ascending; "" is the common part. Kept until something changes."""
        return list(self._reader.collections())

    def admitted(self, where: Where, most: int) -> list[Passage]:
        """The first `most` passages that `where` admits, by document as they were stored and in order of its text."""
        return self.passages(self._catalog.admitted(where)[:most].tolist())

    def all_passages(self) -> Iterator[Passage]:
        """Every passage, by name of the document and in order of its text."""
        return self._catalog.all_passages()

    def document(self, name: str, collection: str = "") -> Document:
        """The document of this name with its text; raises LibraryError if there is none."""
        document = self.catalog.document(name, collection)
        if document is None:
            raise self._not_found(name, collection)
        return document

    def documents(self) -> list[DocumentInfo]:
        """All documents by name, without their texts."""
        return self.catalog.documents()

    def original(self, name: str, collection: str = "") -> bytes:
        """The file of a document as it came; raises LibraryError if there is none of this name."""
        from index.originals import original_of  # it needs SQLAlchemy, as `catalog` does

        data = original_of(self.catalog, name, collection)
        if data is None:
            raise self._not_found(name, collection)
        return data

    # State

    @functools.cached_property
    def catalog(self) -> Catalog:
        """The truth of this library, to be read."""
        from index.catalog import (
            Catalog,  # SQLAlchemy, which a question does without: it costs 0.2 s to import
        )

        return (
            self._catalog if isinstance(self._catalog, Catalog) else Catalog(self._catalog.file, create=False)
        )

    @property
    def fusion_weight(self) -> float:
        """What a dense score weighs beside a lexical one; measured for the embedding model, kept with it."""
        return self._embedder.fusion_weight

    @property
    def generation(self) -> int:
        """The number of the last change that searches of this library see."""
        return self._reader.snapshot.number

    def status(self) -> LibraryStatus:
        """Counts and sizes, as they are now."""
        return status_of(self.home, self._catalog, self._embedder.name)

    def refresh(self) -> bool:
        """See what any process has changed; True if there was something. A few microseconds if not.

        `search` does it by itself.
        """
        return self._reader.refresh()

    def close(self) -> None:
        """Close the catalog; the library cannot be used afterwards."""
        self._catalog.close()
        if "catalog" in self.__dict__:
            self.catalog.close()

    def __enter__(self) -> Self:
        """The library itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()

    @contextmanager
    def writing(self, rebuild: bool = False, wait: float = LOCK_SECONDS) -> Iterator[Writer]:
        """The writer, under the lock, for what stands beside this class in this package (index.care).

        At the end the index has followed and this library sees the change. Raises LibraryBusy after `wait`
        seconds, and ModelMismatch unless `rebuild` lets vectors of another model pass.
        """
        with self._lock.writer(self.passage_length, rebuild, wait) as writer:
            yield writer
        self._reader.refresh(wait=True)

    def _unmake(self) -> None:
        """Take a library away that was made for a sync and got no document; it is closed then."""
        folders, self._made = self._made or (), None
        with suppress(LibraryBusy), writer_lock(self.home / "LOCK", 0):
            if not self._catalog.last_change():
                self.close()
                remove_home(self.home, folders)

    def _not_found(self, name: str, collection: str) -> LibraryError:
        """What to say where a document was not found: that there is none, unless the list of all has it or is damaged."""
        listed = any((info.name, info.collection) == (name, collection) for info in self.catalog.documents())
        if listed:
            return damaged(self.catalog.file, f"document {name}")
        return LibraryError(f"没有这个文档 no such document: {name}")
