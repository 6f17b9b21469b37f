"""The writing half of a library: changes go to the catalog, and the search index follows them.

The order on disk is always the same: original file, catalog (now the document is acknowledged), lexical
index or segment, manifest. A crash between two of them leaves the search index behind the catalog, and
`catch_up` brings it forward from the change log. A Writer is used under the library's lock only.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from index import words
from index.catalog import Catalog, damaged
from index.catalog_transaction import Record
from index.durable import make_folder, sha256_of_file, sync_file, sync_folder, unwritable
from index.embed import Embedder
from index.errors import LibraryBusy, LibraryError
from index.lexical import LexicalIndex, LexicalRow
from index.manifest import Manifest, Segment, read_manifest, write_manifest
from index.originals import FOLDER as ORIGINALS
from index.originals import Originals
from index.passage import Document, Passage
from index.previous import FILE_NAME as PREVIOUS
from index.previous import previous_originals
from index.snapshot import NO_VECTORS, VECTORS
from index.split import IDEAL, sentences
from index.vectors.base import Vectors, VectorStore
from index.vectors.faiss import FaissStore

LEXICAL = "lexical"
READING = 4
"""Raise it when readers, cleaning or splitting give other passages: sync then reads every file again."""
READINGS = 100_000
"""More than any length of a passage and than any READING."""

ROWS_AT_ONCE = 2000  # bounds memory while an index is filled
EXHAUSTIVE_UP_TO = 200_000  # passages; some 30 ms a search with 512 dimensions
QUESTIONS = 200  # that a search by lists is measured with
PENDING = 1024  # vectors that may be searched by brute force before a new segment is worth writing


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that has been read and split, and is not stored yet."""

    document: Document
    passages: Sequence[Passage]
    original: bytes
    sha256: str

    def moved_to(self, collection: str) -> Reading:
        """The same for another collection."""
        return replace(self, document=replace(self.document, collection=collection))


def reading_number(passage_length: int = IDEAL) -> int:
    """What the catalog keeps beside a document: two documents of one number were read and split alike."""
    return READING if passage_length == IDEAL else READING * READINGS + passage_length


class Writer:
    """Changes one library. The caller holds its lock and has made sure that the embedder is its own."""

    def __init__(self, home: Path, catalog: Catalog, embedder: Embedder, passage_length: int = IDEAL) -> None:
        """Opens the search index for writing and brings it up to the catalog."""
        self.home = home
        self.catalog = catalog
        self.passage_length = passage_length
        self._embedder = embedder
        self._originals = Originals(home)
        for folder in (VECTORS, ORIGINALS):
            make_folder(home / folder)
        self._manifest = read_manifest(home) or Manifest()
        self._lexical = self._sound_lexical()
        self.catch_up()

    def close(self) -> None:
        """Let go of the lexical index; what was not committed is made up for by the next catch_up."""
        if self._lexical is not None:
            self._lexical.close()

    # Changes of the catalog

    def store(self, readings: Sequence[Reading]) -> None:
        """Encode and store documents; all of them are acknowledged when this returns, or none."""
        passages = [passage for reading in readings for passage in reading.passages]
        vectors = self._encode(passages)
        number = reading_number(self.passage_length)
        records, start = [], 0
        for reading in readings:
            stop = start + len(reading.passages)
            part = vectors[start:stop]
            size = len(reading.original)
            records.append(Record(reading.document, reading.sha256, size, reading.passages, part, number))
            start = stop
        self._originals.keep({reading.sha256: reading.original for reading in readings})
        self._put(records)

    def encode_again(self, documents: Iterable[tuple[str, str]]) -> None:
        """Give stored documents, as (name, collection), new vectors from their stored passages."""
        for name, collection in documents:
            record = self.catalog.record(name, collection)
            if record is not None:
                self._put([replace(record, vectors=self._encode(record.passages))])

    def rename(self, pairs: Sequence[tuple[str, str]], collection: str = "") -> None:
        """Give documents other names, as (old, new); nothing is read or encoded."""
        with self.catalog.writing() as transaction:
            for old, new in pairs:
                transaction.rename(old, new, collection)

    def remove(self, names: Iterable[str], collection: str = "") -> None:
        """Remove documents from the catalog, all in one transaction."""
        with self.catalog.writing() as transaction:
            for name in names:
                transaction.remove(name, collection)

    def _put(self, records: Sequence[Record]) -> None:
        model = {"embedder": self._embedder.name, "dimension": str(self._embedder.dimension)}
        with self.catalog.writing() as transaction:
            transaction.set_meta(model)
            transaction.put(records)

    def _encode(self, passages: Sequence[Passage]) -> Vectors:
        texts = [words.normalize(f"{passage.context}\n{passage.text}") for passage in passages]
        return self._embedder.encode(texts, kind="passage")

    # Originals

    def drop_originals(self) -> None:
        """Delete the originals that no document came from, nor one of the previous state."""
        wanted = {info.sha256 for info in self.catalog.documents()}
        self._originals.drop_all_but(wanted | previous_originals(self.home))

    def drop_originals_of(self, hashes: Iterable[str]) -> None:
        """Delete the originals of these hashes that no document came from any more, nor one of the previous state."""
        gone = [sha256 for sha256 in hashes if not self.catalog.is_original(sha256)]
        if gone:
            kept = previous_originals(self.home)
            self._originals.drop([sha256 for sha256 in gone if sha256 not in kept])

    # Room

    def compact(self) -> None:
        """Leave nothing of what was deleted on disk: not in the catalog, in the index, nor as a copy."""
        for file in (self.home / PREVIOUS, *self.home.glob("catalog.v*.db")):
            file.unlink(missing_ok=True)
        for scratch in (*self.home.glob(".backup-*"), *self.home.glob(".restore-*")):
            shutil.rmtree(scratch, ignore_errors=True)
        for leftover in self.home.glob("*.partial"):
            leftover.unlink()
        self.catalog.vacuum()
        self._rebuild_lexical()
        self.catch_up()
        self.fold()
        self.drop_originals()

    # The search index

    def catch_up(self) -> None:
        """Bring the lexical index up to the catalog's last change, and say so in the manifest."""
        last = self.catalog.last_change()
        if self._lexical is None or self._manifest.lexical_upto < last and not self._follow(self._lexical):
            self._rebuild_lexical()
        made = replace(self._manifest, generation=last, lexical_upto=last, words=words.fingerprint())
        if made != self._manifest and self._lexical is not None:
            made = replace(made, lexical_files=self._lexical.files())
        self._publish(made)

    def _sound_lexical(self) -> LexicalIndex | None:
        """The lexical index if it is there, was made by this tokenizer and is not ahead of the catalog."""
        known = self._manifest.words == words.fingerprint()
        if not known or self._manifest.lexical_upto > self.catalog.last_change():
            return None
        lexical = open_lexical(self.home, self._manifest)
        if lexical is None or self._manifest.lexical_upto < self.catalog.last_change():
            return lexical
        return lexical if len(lexical) == self.catalog.totals().passages else None

    def _follow(self, lexical: LexicalIndex) -> bool:
        """Take the changes since in; False if the index is damaged, so that only a new one helps."""
        changes = self.catalog.changes(self._manifest.lexical_upto)
        try:
            # After a crash some of the added may be there already; removed first, they are never there twice.
            lexical.remove([*changes.removed, *changes.added])
            for start in range(0, len(changes.added), ROWS_AT_ONCE):
                found = self.catalog.passages(changes.added[start : start + ROWS_AT_ONCE])
                lexical.add([lexical_row(passage) for passage in found.values()])
            lexical.commit()
        except LibraryBusy:
            raise
        except LibraryError:
            lexical.close()
            return False
        return len(lexical) == self.catalog.totals().passages

    def _rebuild_lexical(self) -> None:
        self._lexical = None
        self._publish(replace(self._manifest, words="", lexical_upto=0))  # a crash from here leads here again
        folder = self.home / LEXICAL
        if folder.is_dir():
            shutil.rmtree(folder)
        make_folder(folder)
        self._lexical = LexicalIndex(folder, create=True)
        fill(self._lexical, self.catalog)
        self._check_count(len(self._lexical))

    def _check_count(self, found: int) -> None:
        """Raises LibraryError if reading the whole catalog has not given as many rows as its documents have passages."""
        wanted = self.catalog.totals().passages
        if found != wanted:
            raise damaged(self.catalog.file, f"{found} rows for {wanted} passages")

    def fold(self) -> None:
        """Write all vectors into one new segment and delete the old ones; open readers keep theirs."""
        number, ids, vectors = self.catalog.all_vectors()
        self._check_count(len(ids))
        questions = self._questions(ids, vectors.shape[1])
        segments = (write_segment(self.home, ids, vectors, questions),) if ids else ()
        # The model that made the vectors, which on the way to a rebuild is not yet the one of the settings.
        model = self.catalog.meta().get("embedder", self._embedder.name)
        made = replace(self._manifest, embedder=model, dimension=vectors.shape[1])
        self._publish(replace(made, segments=segments, upto=number))
        wanted = {segment.file for segment in segments}
        for file in (self.home / VECTORS).iterdir():
            if file.is_dir():  # where a crash left a half-written one
                shutil.rmtree(file, ignore_errors=True)
            elif file.name not in wanted:
                file.unlink(missing_ok=True)

    def _questions(self, ids: Sequence[int], dimension: int) -> Vectors:
        """Vectors to measure a search with: the first sentences of passages spread over the library, as questions."""
        if len(ids) <= EXHAUSTIVE_UP_TO or self._embedder.dimension != dimension:
            return NO_VECTORS
        chosen = self.catalog.passages(ids[:: max(1, len(ids) // QUESTIONS)])
        first = []
        for passage in chosen.values():
            start, end = sentences(passage.text)[0]
            first.append(words.normalize(passage.text[start:end]))
        return self._embedder.encode(first, kind="query")

    def fold_if(self, pending: int, share: float = 1 / 8) -> None:
        """Write a new segment if there is none, or if more than `pending` vectors, and more than `share` of
        those that the present one holds, stand outside of it."""
        manifest = self._manifest
        changes = self.catalog.changes(manifest.upto)
        held = sum(segment.count for segment in manifest.segments)
        waiting = len(changes.added) + len(changes.removed)
        if waiting > max(pending, held * share) or (waiting and not manifest.segments):
            self.fold()

    def _publish(self, manifest: Manifest) -> None:
        if manifest != self._manifest:
            write_manifest(self.home, manifest)
            self._manifest = manifest


def open_lexical(home: Path, manifest: Manifest | None) -> LexicalIndex | None:
    """The lexical index of a home folder; None when it is missing, or is not what the manifest says was written."""
    folder = home / LEXICAL
    known = manifest.lexical_files if manifest is not None else {}
    try:
        lexical = LexicalIndex(folder, known=known)
    except LibraryError:
        return None
    # Somebody may have begun to make it anew after the manifest was read.
    return lexical if len(lexical) or not known else None


def fill(lexical: LexicalIndex, catalog: Catalog) -> None:
    """Put every passage of the catalog into an empty lexical index."""
    everything = catalog.all_passages()
    while passages := list(islice(everything, ROWS_AT_ONCE)):
        lexical.add([lexical_row(passage) for passage in passages])
    lexical.commit()


def lexical_row(passage: Passage) -> LexicalRow:
    """What the lexical index takes of a passage."""
    return LexicalRow(
        passage.id,
        passage.document_id,
        passage.text,
        passage.context,
        collection=passage.collection,
        speaker=passage.speaker.name if passage.speaker else "",
        publisher=passage.publisher,
        status=passage.status,
        published=passage.published,
    )


def write_segment(home: Path, ids: Sequence[int], vectors: Vectors, questions: Vectors) -> Segment:
    """Write vectors to a new file under vectors/, named by its content and durable when this returns.

    Every vector is compared as long as there are at most EXHAUSTIVE_UP_TO; beyond, lists are searched instead, if
    that finds enough of what is nearest to `questions` (m, d).
    """
    folder = home / VECTORS
    store: VectorStore = FaissStore(vectors.shape[1])
    store.add(ids, vectors)
    kind, recall = "faiss", 1.0
    if len(ids) > EXHAUSTIVE_UP_TO and len(questions):
        from index.vectors.ivf import IvfStore  # only very large libraries need it

        built = IvfStore.build(ids, vectors, questions, store)
        if built is not None:
            kind, (store, recall) = "ivf", built
    try:
        with tempfile.TemporaryDirectory(prefix=".", dir=folder) as scratch:
            written = Path(scratch) / "segment"
            store.save(written)
            sha256 = sha256_of_file(written)
            sync_file(written)
            file = f"{sha256}.faiss"
            written.replace(folder / file)
        sync_folder(folder)
    except (OSError, RuntimeError) as error:  # the latter is what FAISS raises when it cannot write
        raise unwritable(folder, error) from None
    return Segment(file, sha256, len(ids), kind, recall)
