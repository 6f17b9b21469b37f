"""A library: documents in, ranked passages out. The only door to a home folder.

Many threads and processes may read; one at a time may write, under a lock that the kernel frees when its
holder dies. What is on disk where is in index.catalog (the truth), index.manifest and index.library_writer. A
library knows nothing of questions beyond their words, and fuses nothing: each mode is asked by itself.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray

from index import words
from index.catalog import Catalog, DocumentInfo
from index.durable import bytes_below, make_folder, sha256_of, unwritable, writer_lock
from index.embed import Embedder
from index.errors import LibraryBusy, LibraryError
from index.library_reader import Reader, model_mismatch
from index.library_writer import LEXICAL, PENDING, Writer, reading_number
from index.manifest import FILE_NAME, Manifest, read_manifest
from index.originals import FOLDER as ORIGINALS
from index.originals import Originals
from index.passage import EVERYWHERE, Document, Hit, Passage, Where
from index.previous import FILE_NAME as PREVIOUS
from index.snapshot import VECTORS, Snapshot
from index.split import IDEAL
from index.vectors.base import Vectors

if TYPE_CHECKING:
    from index.sync import Progress, SyncReport

Mode = Literal["lexical", "dense"]

CATALOG = "catalog.db"
DOCUMENTS_AT_ONCE = 256  # stored in one transaction
LOCK_SECONDS = 2.0  # how long to wait for another process: longer than the index needs to be mended
THREAD_SECONDS = 30.0  # how long to wait for another thread of this process
GONE_SECONDS, GONE_POLL = (
    10.0,
    0.05,
)  # how long a search waits for an index of which nothing is left, and how often it looks
HEAD_WITHIN = 100  # passages of one article before which its head is looked for


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """What `zhida status` shows. `generation` is the number of the last change; `size` is bytes on disk.

    `sizes` are the bytes of each part. Changes up to `vectors_upto` are in the vector segment and those up to
    `lexical_upto` in the lexical index; later ones are searched by brute force until they are taken in. `recall` is
    the share of the ten nearest that vector search finds: 1 when it compares every vector, else as it was measured.
    """

    documents: int
    passages: int
    characters: int
    generation: int
    embedder: str
    size: int
    sizes: Mapping[str, int] = field(default_factory=dict)
    vectors_upto: int = 0
    lexical_upto: int = 0
    recall: float = 1.0
    previous: bool = False
    """Whether there is a state to roll back to."""


class Library:
    """An open home folder. Safe to use from many threads."""

    def __init__(self, home: Path, embedder: Embedder, catalog: Catalog, passage_length: int = IDEAL) -> None:
        """Use `Library.open`."""
        self.home = home
        self.passage_length = passage_length
        self._embedder = embedder
        self._catalog = catalog
        self._thread_lock = threading.Lock()
        self._speakers: tuple[int, list[str]] = (-1, [])
        self._asked: tuple[str | None, NDArray[np.float32]] = (None, np.zeros(0, dtype=np.float32))
        self._made: tuple[Path, ...] | None = None
        """The folders made for this library, if it has just been made."""
        self._reader = Reader(home, catalog, embedder, mend=self._mend)

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
        file = home / CATALOG
        if not create:
            find_catalog(home)
        elif not file.exists():
            made = tuple(folder for folder in (home, *home.parents) if not folder.exists())
            make_folder(home)
            (home / FILE_NAME).unlink(missing_ok=True)  # of a catalog that somebody has deleted
        catalog = Catalog(file, create=create)
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
    ) -> SyncReport:
        """Make `collection` hold exactly the files of `paths` (files and folders); see index.sync.

        Other collections stay as they are. With `rebuild` every file is read and encoded again, in one step that readers see whole. Raises
        ReadError if a path is missing or the library's own, before anything has changed, and LibraryBusy.
        If no file at all can be read, nothing changes and the report says so. A library that `open` has
        made and that is still empty then is taken away and closed.
        """
        from index.scan import check
        from index.sync import sync  # here, since asking needs no readers: they cost 0.1 s to import

        try:
            check(paths, self.home)
            with self.writing(rebuild) as writer:
                return sync(writer, paths, rebuild, on_progress, collection)
        finally:
            if self._made is not None:
                self._unmake()

    def add(self, document: Document, original: bytes) -> Document:
        """Store a document, in place of the one of its name if there is one; returns it with its id.

        When this returns, the document is on disk and is found. One whose original is unchanged is
        returned as it is stored. Raises LibraryBusy.
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
        from index.sync import reading_of  # here, since asking needs no readers

        fresh, replaced = {}, []
        number = reading_number(self.passage_length)
        versions = self._catalog.versions(sorted({document.name for document, _ in documents}))
        for document, original in documents:
            key = (document.collection, document.name)
            stored = versions.get(key)
            if stored is not None and stored == (sha256_of(original), number):
                continue
            fresh[key] = reading_of(document, original, self.passage_length)
            replaced += [stored[0]] if stored is not None else []
        if fresh:
            writer.store(list(fresh.values()))
            writer.drop_originals_of(replaced)
        return len(fresh)

    def remove(self, name: str, collection: str = "") -> None:
        """Remove a document; none of it is found when this returns. Raises LibraryError for an unknown name."""
        self.remove_many([name], collection)

    def remove_many(self, names: Sequence[str], collection: str = "") -> None:
        """Remove documents, all or, when one of the names is unknown (LibraryError), none."""
        with self.writing() as writer:
            hashes = [self._catalog.sha256(name, collection) for name in names]
            for name, sha256 in zip(names, hashes, strict=True):
                if sha256 is None:
                    raise _unknown(name)
            writer.remove(names, collection)
            writer.drop_originals_of(sha256 for sha256 in hashes if sha256 is not None)

    # Searching

    def search(
        self, question: str, k: int = 10, mode: Mode = "lexical", where: Where = EVERYWHERE
    ) -> list[Hit]:
        """The `k` best passages, best first. Higher scores are better: BM25 for "lexical", inner product
        (-1..1) for "dense"; comparable within one list only. Sees what any process has stored until now.
        Raises ModelMismatch in dense mode if the library was rebuilt with another model meanwhile."""
        self.refresh()
        deadline = time.monotonic() + GONE_SECONDS
        while True:
            snapshot = self._reader.snapshot
            found = self._ranked(snapshot, question, k, mode, where)
            there = {passage.id: passage for passage in self.passages([id for id, _ in found])}
            gone = [id for id, _ in found if id not in there]
            if not gone:
                break
            # Removed since the snapshot was made, all of them perhaps: then look at what has come in their place.
            self._catalog.check_gone(gone)
            moved = self._reader.refresh(wait=True) or self._reader.snapshot is not snapshot
            if time.monotonic() > deadline or (there and not moved):
                break
            if not moved:
                time.sleep(GONE_POLL)  # the index follows a rebuild that has just been committed
        return [Hit(there[id], score, {mode: score}) for id, score in found if id in there]

    def _ranked(
        self, snapshot: Snapshot, question: str, k: int, mode: Mode, where: Where
    ) -> list[tuple[int, float]]:
        """The `k` best of a snapshot as (passage id, score); some may be gone from the catalog by now."""
        if mode == "lexical":
            named = self._catalog.document_ids(where) if where.documents else None
            return snapshot.lexical.search(question, k, where, named)
        if self._reader.mismatch is not None:
            raise self._reader.mismatch
        return snapshot.nearest(self.encode_query(question), k, self._reader.admitted(where))

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
        places = self._reader.snapshot.kept(ids)
        missing = [id for id in ids if id not in places]
        if missing:
            places |= zip(*self._catalog.vectors(missing), strict=True)
        rows = np.zeros((len(ids), self._embedder.dimension), dtype=np.float32)
        for row, id in enumerate(ids):
            if id in places and len(places[id]) == self._embedder.dimension:
                rows[row] = places[id]
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
        return self._reader.passages(ids)

    def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        """The passage with up to `before` and `after` others around it, in order of the text.

        Only of the same kind and the same article: the run of neighbours ends where another one begins.
        """
        ids = range(max(1, passage.id - before), passage.id + after + 1)
        around = {p.id: p for p in self.passages(ids) if _belong_together(p, passage)}
        first = last = passage.id
        while first - 1 in around:
            first -= 1
        while last + 1 in around:
            last += 1
        return [around.get(id, passage) for id in range(first, last + 1)]

    def head(self, passage: Passage) -> Passage | None:
        """The headline with the byline of the passage's article; None where it has no head of its own."""
        before = self.passages(range(max(1, passage.id - HEAD_WITHIN), passage.id))
        same = [
            p for p in before if p.kind == "head" and _belong_together(replace(p, kind=passage.kind), passage)
        ]
        return same[0] if same else None

    def speakers(self) -> list[str]:
        """The names of all who speak or write in some document, as printed there; kept until something changes."""
        generation = self.generation
        if self._speakers[0] != generation:
            self._speakers = (generation, self._catalog.speakers())
        return self._speakers[1]

    def all_passages(self) -> Iterator[Passage]:
        """Every passage, by name of the document and in order of its text."""
        return self._catalog.all_passages()

    def document(self, name: str, collection: str = "") -> Document:
        """The document of this name with its text; raises LibraryError if there is none."""
        document = self._catalog.document(name, collection)
        if document is None:
            raise _unknown(name)
        return document

    def documents(self) -> list[DocumentInfo]:
        """All documents by name, without their texts."""
        return self._catalog.documents()

    def original(self, name: str, collection: str = "") -> bytes:
        """The file of a document as it came; raises LibraryError if there is none of this name."""
        sha256 = self._catalog.sha256(name, collection)
        if sha256 is None:
            raise _unknown(name)
        return Originals(self.home).read(sha256)

    # State

    @property
    def catalog(self) -> Catalog:
        """The truth of this library, to be read."""
        return self._catalog

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
        totals = self._catalog.totals()
        manifest = read_manifest(self.home) or Manifest()
        parts = {"catalog": CATALOG, "lexical": LEXICAL, "vectors": VECTORS, "originals": ORIGINALS}
        return LibraryStatus(
            documents=totals.documents,
            passages=totals.passages,
            characters=totals.characters,
            generation=self._catalog.last_change(),
            embedder=self._embedder.name,
            size=bytes_below(self.home),
            sizes={part: bytes_below(self.home / name) for part, name in parts.items()},
            vectors_upto=manifest.upto,
            lexical_upto=manifest.lexical_upto,
            recall=min((segment.recall for segment in manifest.segments), default=1.0),
            previous=(self.home / PREVIOUS).is_file(),
        )

    def refresh(self) -> bool:
        """See what any process has changed; True if there was something. A few microseconds if not.

        `search` does it by itself.
        """
        return self._reader.refresh()

    def close(self) -> None:
        """Close the catalog; the library cannot be used afterwards."""
        self._catalog.close()

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
        if not self._thread_lock.acquire(timeout=THREAD_SECONDS if wait else 0):
            raise LibraryBusy(
                f"本进程正在写入，请稍后再试 this process is writing to {self.home}, try again later"
            )
        try:
            with writer_lock(self.home / "LOCK", wait):
                mismatch = model_mismatch(self._catalog, self._embedder)
                if mismatch is not None and not rebuild:
                    raise mismatch
                writer = Writer(self.home, self._catalog, self._embedder, self.passage_length)
                try:
                    yield writer
                    writer.catch_up()
                    writer.fold_if(PENDING)
                finally:
                    writer.close()
        except BrokenPipeError:  # of who follows the progress
            raise
        except OSError as error:
            raise unwritable(self.home, error) from None
        finally:
            self._thread_lock.release()
        self._reader.refresh(wait=True)

    def _unmake(self) -> None:
        """Take a library away that was made for a sync and got no document; it is closed then."""
        folders, self._made = self._made or (), None
        with suppress(LibraryBusy), writer_lock(self.home / "LOCK", 0):
            if self._catalog.last_change():
                return
            self.close()
            for name in (LEXICAL, VECTORS, ORIGINALS):
                shutil.rmtree(self.home / name, ignore_errors=True)
            for name in (CATALOG, f"{CATALOG}-wal", f"{CATALOG}-shm", FILE_NAME, "LOCK"):
                (self.home / name).unlink(missing_ok=True)
            with suppress(OSError):  # what somebody else has put there stays
                for folder in folders:
                    folder.rmdir()

    def _mend(self, segment_lost: bool) -> bool:
        """Put the index on disk right, if nobody else is writing; False if it could not be done."""
        try:
            with writer_lock(self.home / "LOCK", 0):
                writer = Writer(self.home, self._catalog, self._embedder)
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


def find_catalog(home: Path) -> Path:
    """The catalog of the library in `home`; raises LibraryError if there is none."""
    if not (home / CATALOG).exists():
        raise LibraryError(f"还没有建立索引 no index in {home} yet: 请先运行 run `zhida sync FOLDER` first")
    return home / CATALOG


def _belong_together(one: Passage, other: Passage) -> bool:
    return (one.document_id, one.article, one.kind) == (other.document_id, other.article, other.kind)


def _unknown(name: str) -> LibraryError:
    return LibraryError(f"没有这个文档 no such document: {name}")
