"""The writing half of a library: changes go to the catalog, and the search index follows them.

The order on disk is always the same: original file, catalog (now the document is acknowledged), lexical
index or segment, manifest. A crash between two of them leaves the search index behind the catalog, and
`catch_up` brings it forward from the change log. What this Writer has stored itself the lexical index is given
from memory, once it is in the catalog. A Writer is used under the library's lock only.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from index import projections, words
from index.catalog import Catalog
from index.catalog_reader import Changes, damaged
from index.catalog_transaction import Record
from index.durable import make_folder
from index.embed import Embedder
from index.errors import LibraryBusy, LibraryError
from index.lexical import LexicalIndex, LexicalRow
from index.manifest import Manifest, Segment, ids_of, read_manifest, spans_of, write_manifest
from index.originals import FOLDER as ORIGINALS
from index.originals import Originals, pack_small
from index.passage import Document, Passage
from index.previous import FILE_NAME as PREVIOUS
from index.previous import previous_originals
from index.projections import (
    ROWS_AT_ONCE,
    kept_beside,
    lexical_row,
    make_lexical,
    open_lexical,
    stored_row,
    sweep,
    write_segment,
)
from index.snapshot import NO_VECTORS, VECTORS
from index.split import IDEAL, sentences
from index.vectors.base import Vectors
from index.vectors.faiss import FaissStore

READING = 6
"""Raise it when readers, cleaning or splitting give other passages: sync then reads every file again."""
READINGS = 100_000
"""More than any length of a passage and than any READING."""

QUESTIONS = 200  # that a search by lists is measured with
ROWS_CUT_AT_ONCE = 500  # cut into words together: twice as many take little less time, and more memory
PENDING = 1024  # vectors that may be searched by brute force before a new segment is worth writing
DEAD = 1 / 8  # of the vectors in segments that may be of passages that have gone, before all are written anew


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
        self.encode_all = not reuses_vectors(catalog, embedder)
        """Whether passages are encoded also whose vectors are known: those of another model, in a rebuild."""
        self._embedder = embedder
        self._originals = Originals(home)
        for folder in (VECTORS, ORIGINALS):
            make_folder(home / folder)
        self._manifest = read_manifest(home) or Manifest()
        self._lexical_name, self._lexical = self._sound_lexical()
        self._announced: tuple[str, LexicalIndex] | None = None
        self._waiting: list[LexicalRow] = []
        """What has been stored and not been given to the lexical index."""
        self._given: set[int] = set()
        """The ids of what it has been given and not committed."""
        self.catch_up()
        sweep(home, self._manifest)  # what a crash has left

    def close(self) -> None:
        """Let go of the lexical index; what was not committed is made up for by the next catch_up."""
        self._let_go()
        self.catalog.trim()

    def _let_go(self) -> None:
        if self._lexical is not None:
            self._lexical.close()

    # Changes of the catalog

    def store(self, readings: Sequence[Reading], sent: bool = False) -> None:
        """Encode and store documents; all of them are acknowledged when this returns, or none.

        `sent` says that they were not read from a folder, see catalog.DocumentInfo.
        """
        passages = [passage for reading in readings for passage in reading.passages]
        vectors, digests = self._encode(passages)
        number = reading_number(self.passage_length) * (-1 if sent else 1)
        records, large, start = [], {}, 0
        for reading in readings:
            part = slice(start, start := start + len(reading.passages))
            original = pack_small(reading.original, reading.document.text)
            if original is None:
                large[reading.sha256] = reading.original
            file = (reading.document, reading.sha256, len(reading.original))
            records.append(Record(*file, reading.passages, vectors[part], number, digests[part], original))
        self._originals.keep(large)
        self._put(records)
        if len(self._waiting) >= ROWS_CUT_AT_ONCE:
            self._give()

    def encode_again(self, documents: Iterable[tuple[str, str]]) -> None:
        """Give stored documents, as (name, collection), new vectors from their stored passages."""
        for name, collection in documents:
            record = self.catalog.record(name, collection)
            if record is not None:
                vectors, digests = self._encode(record.passages)
                self._put([replace(record, vectors=vectors, digests=digests)])

    def rename(self, pairs: Sequence[tuple[str, str]], collection: str = "") -> None:
        """Give documents other names, as (old, new); nothing is read or encoded."""
        with self.catalog.writing() as transaction:
            for old, new in pairs:
                transaction.rename(old, new, collection)

    def remove(self, names: Sequence[str], collection: str = "") -> None:
        """Remove documents from the catalog, all in one transaction."""
        with self.catalog.writing() as transaction:
            transaction.remove(names, collection)

    def _put(self, records: Sequence[Record]) -> None:
        model = {"embedder": self._embedder.name, "dimension": str(self._embedder.dimension)}
        within_another = self.catalog.is_writing
        with self.catalog.writing() as transaction:
            transaction.set_meta(model)
            new = transaction.put(records)
        if within_another or self._lexical is None:
            return
        for record, ids, document_id, _ in new:
            for id, passage in zip(ids, record.passages, strict=True):
                self._waiting.append(lexical_row(passage, id, document_id, record.document))

    def _encode(self, passages: Sequence[Passage]) -> tuple[Vectors, list[int]]:
        """The vectors of passages, float32 (n, d), and the digests of the texts that they are made of.

        What is stored already, in whichever document, is not encoded again.
        """
        texts = words.normalize_all([f"{passage.context}\n{passage.text}" for passage in passages])
        digests = [digest_of(text) for text in texts]
        known = {} if self.encode_all else self.catalog.vectors_of(digests)
        new = [place for place, digest in enumerate(digests) if digest not in known]
        if len(new) == len(texts):
            return self._embedder.encode(texts, kind="passage"), digests
        vectors = np.zeros((len(texts), self._embedder.dimension), dtype=np.float32)
        for place, digest in enumerate(digests):
            if digest in known:
                vectors[place] = known[digest]
        if new:
            vectors[new] = self._embedder.encode([texts[place] for place in new], kind="passage")
        return vectors, digests

    # Originals

    def drop_originals(self) -> None:
        """Delete the originals that no document came from, nor one of the previous state."""
        self._originals.drop_all_but({*self.catalog.originals(), *previous_originals(self.home)})

    def drop_originals_of(self, hashes: Iterable[str]) -> None:
        """Delete the originals of these hashes that no document came from any more, nor one of the previous state."""
        gone = [sha for sha in hashes if sha in self._originals and not self.catalog.is_original(sha)]
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
        before, manifest = self._manifest, replace(self._manifest.at(last), next=None)
        if self._announced is not None and manifest.lexical == self._announced[0]:
            self._let_go()
            self._lexical_name, self._lexical = self._announced
            self._waiting, self._given = [], set()
        since = manifest.lexical_upto
        if self._lexical is None or since < last and not self._follow(self._lexical, since):
            self._rebuild_lexical()
        made = replace(manifest, generation=last, lexical_upto=last, words=words.fingerprint())
        made = replace(made, lexical=self._lexical_name)
        if made != before and self._lexical is not None:
            made = replace(made, lexical_files=self._lexical.files())
        self._publish(made)
        if before.lexical != made.lexical:
            sweep(self.home, made)

    def prepare(self, source: Catalog) -> Callable[[int], None]:
        """Write the whole search index of `source`, which will take the place of what the catalog holds.

        To be called before that is committed, and what it returns right before, with the number of the last change
        in the commit: from this moment on readers search the new index, without a moment between the two.
        """
        name, lexical = make_lexical(self.home, source)
        check_count(source, len(lexical))
        made = self._with_vectors(replace(self._manifest, next=None), source)
        made = replace(made, words=words.fingerprint(), lexical=name, lexical_files=lexical.files())

        def announce(number: int) -> None:
            self._announced = name, lexical
            later = replace(made, generation=number, upto=number, lexical_upto=number)
            self._publish(replace(self._manifest, next=later))

        return announce

    def prepare_uncommitted(self) -> None:
        """The same for the transaction under way, unless no passage comes or goes."""
        with self.catalog.uncommitted() as source:
            changes = source.changes(self._manifest.generation)
            if changes.added or changes.removed:
                self.prepare(source)(changes.upto)

    def _sound_lexical(self) -> tuple[str, LexicalIndex | None]:
        """The lexical index if it is there, was made by this tokenizer and is not ahead of the catalog; its folder."""
        last = self.catalog.last_change()
        manifest = self._manifest.at(last)
        if manifest.words != words.fingerprint() or manifest.lexical_upto > last:
            return "", None
        lexical = open_lexical(self.home, manifest)
        sound = lexical is not None and (
            manifest.lexical_upto < last or len(lexical) == self.catalog.passage_count()
        )
        return manifest.lexical, lexical if sound else None

    def _follow(self, lexical: LexicalIndex, since: int) -> bool:
        """Take the changes after change `since` in; False if the index is damaged, so that only a new one helps."""
        changes = self.catalog.changes(since)
        try:
            if changes.added or changes.removed or self._waiting or self._given:
                self._take_in(changes, lexical)
        except LibraryBusy:
            raise
        except LibraryError:
            lexical.close()
            return False
        return len(lexical) == self.catalog.passage_count()

    def _take_in(self, changes: Changes, lexical: LexicalIndex) -> None:
        self._give()
        lexical.remove(changes.removed)
        lexical.remove(self._given.difference(changes.added))  # gone again meanwhile
        missing = [id for id in changes.added if id not in self._given]
        for start in range(0, len(missing), ROWS_AT_ONCE):
            found = self.catalog.passages(missing[start : start + ROWS_AT_ONCE])
            # After a crash some of them may be there already: adding them replaces those.
            lexical.add([stored_row(passage) for passage in found.values()])
        lexical.commit()
        self._given = set()

    def _give(self) -> None:
        """Give the lexical index what has been stored, so that nobody has to read it again; not for good yet."""
        rows, self._waiting = self._waiting, []
        if self._lexical is None or not rows:
            return
        try:
            self._lexical.add(rows)
        except LibraryBusy:
            raise
        except LibraryError:  # documents are safe: `catch_up` takes them from the catalog
            self._lexical.close()
            self._given = set()
        else:
            self._given.update(row.id for row in rows)

    def _rebuild_lexical(self) -> None:
        """Make a new one beside the present one, for the next manifest to name."""
        self._lexical, self._waiting, self._given = None, [], set()
        self._lexical_name, self._lexical = make_lexical(self.home, self.catalog)
        check_count(self.catalog, len(self._lexical))

    def fold(self, kept: tuple[Segment, ...] = (), dead: Collection[int] = ()) -> None:
        """Write all vectors beyond the segments `kept`, of which `dead` have gone, into one new segment and delete the
        others; open readers keep theirs."""
        self._publish(self._with_vectors(self._manifest, self.catalog, kept, dead))
        sweep(self.home, self._manifest)

    def _with_vectors(
        self, manifest: Manifest, source: Catalog, kept: tuple[Segment, ...] = (), dead: Collection[int] = ()
    ) -> Manifest:
        """The manifest with the segments `kept` and one of all vectors of `source` beyond them; see `fold`."""
        # The number is read first: what is written in between is then seen again, which does no harm.
        number = source.last_change()
        store: FaissStore | None = None
        last = kept[-1].last if kept else -1
        for ids, vectors in source.vectors_by_id(last):
            if store is None:
                store = FaissStore(vectors.shape[1])
            store.add(ids, vectors)
        dead = [id for id in dead if id <= last]
        held = sum(segment.count for segment in kept) - len(dead)
        check_count(source, held + (len(store) if store is not None else 0))
        segments, dimension = kept, manifest.dimension if kept else 0
        if store is not None:
            segments = (*kept, write_segment(self.home, store, self._questions(source, store)))
            dimension = store.dimension
        # The model that made the vectors, which on the way to a rebuild is not yet the one of the settings.
        model = source.meta().get("embedder", self._embedder.name)
        made = replace(manifest, embedder=model, dimension=dimension, upto=number)
        return replace(made, segments=segments, dead=spans_of(dead))

    def _questions(self, source: Catalog, store: FaissStore) -> Vectors:
        """Vectors to measure a search with: the first sentences of passages spread over the library, as questions."""
        if len(store) <= projections.EXHAUSTIVE_UP_TO or self._embedder.dimension != store.dimension:
            return NO_VECTORS
        chosen = source.passages(store.ids()[:: max(1, len(store) // QUESTIONS)].tolist())
        first = []
        for passage in chosen.values():
            start, end = sentences(passage.text)[0]
            first.append(words.normalize(passage.text[start:end]))
        return self._embedder.encode(first, kind="query")

    def fold_if(self, pending: int, share: float = 0.0) -> None:
        """Write what no segment holds to a new one, together with the segments that are not much larger, if more
        than `pending` vectors, and more than `share` of those held, have come or gone since."""
        manifest = self._manifest
        held = sum(segment.count for segment in manifest.segments)
        if not manifest.segments:
            if self.catalog.passage_count():
                self.fold()
            return
        changes = self.catalog.changes(manifest.upto)
        # One document that is replaced again and again leaves no more than its passages, but a long log to read.
        waiting = max(len(changes.added) + len(changes.removed), changes.upto - manifest.upto)
        if waiting <= max(pending, held * share):
            return
        dead = ids_of(manifest.dead).union(changes.removed)
        came_back = changes.added and changes.added[0] <= manifest.segments[-1].last
        if came_back or len(dead) > held * DEAD:
            self.fold()
        else:
            self.fold(kept_beside(manifest.segments, len(changes.added)), dead)

    def _publish(self, manifest: Manifest) -> None:
        if manifest != self._manifest:
            write_manifest(self.home, manifest)
            self._manifest = manifest


def check_count(catalog: Catalog, found: int) -> None:
    """Raises LibraryError if reading the whole catalog has not given as many rows as its documents have passages."""
    wanted = catalog.totals().passages
    if found != wanted:
        raise damaged(catalog.file, f"{found} rows for {wanted} passages")


def reuses_vectors(catalog: Catalog, embedder: Embedder) -> bool:
    """Whether the vectors of the catalog are those that this model makes."""
    made = catalog.meta()
    return (made.get("embedder"), made.get("dimension")) == (embedder.name, str(embedder.dimension))


def digest_of(text: str) -> int:
    """A hash of 64 bits, signed, as the catalog keeps it of a text that was encoded."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
