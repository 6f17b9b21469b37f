"""The reading half of a library: holds the snapshot that is searched, and notices what others change.

Readers take no lock. A change shows in the time stamps of three files; only when one of them has moved is
the change log read. Threads that search while a new snapshot is made go on with the old one.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import words
from index.catalog_reader import CatalogReader, damaged
from index.embed import Embedder
from index.errors import ModelMismatch
from index.lexical import LexicalIndex
from index.manifest import FILE_NAME, Manifest, ids_of, read_manifest
from index.passage import EVERYWHERE, Passage, Where
from index.projections import fill, open_lexical
from index.recent import looked_up
from index.snapshot import Snapshot, empty, gathered, load_segment
from index.stored import Excerpt
from index.vectors.base import Vectors

Stamp = tuple[tuple[int, int, int], ...]

UNSETTLED = 50_000_000  # nanoseconds: two writes within one tick of the file system's clock look like one
EXCERPTS_KEPT = 20_000  # about 20 MB, and as much again for what is known of them elsewhere
PASSAGES_KEPT = 20_000  # 4 MB more: their texts are those of the excerpts
LABELS_KEPT = 20_000
FILTERS_KEPT = 64


class Reader:
    """Follows one library. `mend` is called when the index on disk is not what it should be: it puts it
    right, or returns False because somebody else is writing; its argument says whether a segment is lost."""

    def __init__(
        self, home: Path, catalog: CatalogReader, embedder: Embedder, mend: Callable[[bool], bool]
    ) -> None:
        """Loads the library as it is now."""
        self._home = home
        wal = catalog.file.with_name(catalog.file.name + "-wal")
        self._watched = (str(catalog.file), str(wal), str(home / FILE_NAME))
        self._catalog = catalog
        self._embedder = embedder
        self._mend = mend
        self._lock = threading.Lock()
        self._manifest: Manifest | None = None
        self._behind = False
        self._stamp: Stamp = ()
        self._inode = _inode(catalog.file)
        # Of one snapshot: what a slow thread adds after a change goes into the dict of the old one.
        self._excerpts: dict[int, Excerpt] = {}
        self._passages: dict[int, Passage] = {}
        self._labels: dict[int, tuple[str, str, str]] = {}
        self._admitted: dict[Where, NDArray[np.int64]] = {}
        self._model: tuple[str, int] | None = None
        self.snapshot: Snapshot = empty(LexicalIndex(None))
        self._names: tuple[Snapshot, dict[str, tuple[str, ...]]] = (self.snapshot, {})
        self.mismatch: ModelMismatch | None = None
        """Set when the vectors are of another model than `embedder`: dense search is then impossible."""
        self._load()

    def excerpts(self, ids: Sequence[int]) -> dict[int, Excerpt]:
        """The passages of these ids that exist, without what they show of their documents."""
        return looked_up(self._excerpts, ids, self._catalog.excerpts, EXCERPTS_KEPT)

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """The passages of these ids that exist."""
        return looked_up(self._passages, ids, self._whole, PASSAGES_KEPT)

    def _whole(self, ids: Sequence[int]) -> dict[int, Passage]:
        excerpts = self.excerpts(ids)
        documents = {one.document_id for one in excerpts.values()}
        labels = looked_up(self._labels, documents, self._catalog.labels, LABELS_KEPT)
        return {
            id: one.passage(*labels[one.document_id])
            for id, one in excerpts.items()
            if one.document_id in labels
        }

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        """Those of `ids` that have a vector of the embedder's kind, in any order, and the vectors (n, d)."""
        parts = [self.snapshot.kept(ids)]
        if len(parts[0][0]) < len(ids):
            held = set(parts[0][0])
            parts.append(self._catalog.vectors([id for id in ids if id not in held]))
        # Another process may have encoded all anew with another model.
        return gathered([part for part in parts if part[1].shape[1] == self._embedder.dimension])

    def admitted(self, where: Where) -> NDArray[np.int64] | None:
        """The ids of the passages that `where` admits, ascending; None when it admits all. Kept until something changes."""
        if where == EVERYWHERE:
            return None
        kept = self._admitted  # of one snapshot, like the passages
        if where not in kept:
            if len(kept) >= FILTERS_KEPT:
                kept.clear()
            kept[where] = self._catalog.admitted(where)
        return kept[where]

    def speakers(self) -> tuple[str, ...]:
        """The names of all who speak in some document. Kept until something changes."""
        return self._kept("speakers", self._catalog.speakers)

    def collections(self) -> tuple[str, ...]:
        """The collections that hold a document. Kept until something changes."""
        return self._kept("collections", self._catalog.collections)

    def _kept(self, name: str, read: Callable[[], list[str]]) -> tuple[str, ...]:
        snapshot, kept = self._names
        if snapshot is not self.snapshot:
            # Of the very snapshot that it is read after: one with a newer collection must not be taken for readable.
            snapshot, kept = self._names = self.snapshot, {}
        if name not in kept:
            kept[name] = tuple(read())
        return kept[name]

    def narrowed(self, where: Where) -> Where:
        """`where` without what it need not say, since it holds of all that there is."""
        if where.readable is not None and where.readable.issuperset(self.collections()):
            return replace(where, readable=None)
        return where

    def refresh(self, wait: bool = False) -> bool:
        """See what has changed; True if there was something. With `wait`, also what another thread is loading."""
        stamp = self._look()
        if stamp == self._stamp and not self._behind:
            return False
        if not self._lock.acquire(blocking=wait):
            return False
        try:
            return self._load()
        finally:
            self._lock.release()

    def _load(self) -> bool:
        stamp = self._look()  # before anything is read, so that what comes meanwhile is seen next time
        if (inode := _inode(self._catalog.file)) != self._inode and inode:
            # Somebody deleted the library and made a new one in its place.
            self._catalog.close()
            self._inode, self._manifest, self.snapshot = inode, None, empty(LexicalIndex(None))
        before = self.snapshot.number
        number = self._catalog.last_change()
        manifest = self._read_manifest(number)
        if manifest is not None and manifest.generation > number:
            number = self._catalog.last_change()  # or somebody has written meanwhile
            manifest = self._read_manifest(number)
            if manifest is not None and manifest.generation > number:
                raise damaged(self._catalog.file, f"changes {number + 1} to {manifest.generation} are gone")
        changed = (number, manifest) != (before, self._manifest) or self._behind or manifest is None
        if changed:
            self._look_at_model()
            self._take(number, manifest)
        now = time.time_ns()
        settled = all(now - modified > UNSETTLED for _, _, modified in stamp)
        self._stamp = stamp if settled else ()
        return changed and self.snapshot.number != before

    def _look_at_model(self) -> None:
        self.mismatch = model_mismatch(self._catalog, self._embedder)
        if (model := _model_of(self._catalog)) != self._model:
            self._model, self._manifest, self.snapshot = model, None, empty(self.snapshot.lexical)

    def _take(self, number: int, manifest: Manifest | None) -> None:
        """Make the snapshot of change `number`, from what is sound on disk and from the catalog for the rest."""
        lexical = self._sound_lexical(number, manifest)
        base = self._base(manifest)
        lost = base is None
        if (lexical is None or lost) and (later := self._read_manifest(number)) != manifest:
            # Another index has taken its place meanwhile.
            manifest = later
            lexical, base = self._sound_lexical(number, manifest), self._base(manifest)
            lost = base is None
        if (lexical is None or lost) and self._mend(lost):
            manifest = self._read_manifest(number)
            lexical, base = open_lexical(self._home, manifest), self._base(manifest)
        if lexical is None and self._behind and base is self.snapshot and number == base.number:
            return  # still being written; there is nothing new to see
        self._behind = lexical is None
        if lexical is None:
            # Somebody is writing: lagging a little is better than waiting, and without an index we make our own.
            lexical = self._lagging_lexical(manifest)
        base = base or empty(lexical)
        self._manifest = manifest
        self._excerpts, self._passages, self._labels, self._admitted = {}, {}, {}, {}
        self.snapshot = base.followed_by(self._catalog.changes(base.number), self._catalog, lexical)

    def _sound_lexical(self, number: int, manifest: Manifest | None) -> LexicalIndex | None:
        if manifest is None or manifest.words != words.fingerprint() or manifest.lexical_upto < number:
            return None
        lexical = open_lexical(self._home, manifest)
        # Looked at once, when opening: later the index may be newer than what is known of the catalog.
        if self._manifest is None and lexical is not None and len(lexical) != self._catalog.passage_count():
            return None
        return lexical

    def _lagging_lexical(self, manifest: Manifest | None) -> LexicalIndex:
        lexical = None
        if manifest is not None and manifest.words == words.fingerprint():
            lexical = open_lexical(self._home, manifest)
        if lexical is None:
            lexical = LexicalIndex(None)
            fill(lexical, self._catalog)
        return lexical

    def _base(self, manifest: Manifest | None) -> Snapshot | None:
        """The snapshot to go on from: the present one, or what new segments hold; None if one is not sound."""
        segments = manifest.segments if manifest is not None else ()
        if segments == self.snapshot.segments or manifest is None:
            return self.snapshot
        if not segments:
            return empty(self.snapshot.lexical)
        if (manifest.embedder, manifest.dimension) != self._model:
            return None
        held = dict(zip(self.snapshot.segments, self.snapshot.stores, strict=True))
        stores = [held[one] if one in held else load_segment(self._home, one) for one in segments]
        sound = tuple(store for store in stores if store is not None)
        if len(sound) < len(segments):
            return None
        start = replace(empty(self.snapshot.lexical), number=manifest.upto, dead=ids_of(manifest.dead))
        return replace(start, segments=segments, stores=sound)

    def _read_manifest(self, number: int) -> Manifest | None:
        manifest = read_manifest(self._home)
        return None if manifest is None else manifest.at(number)

    def _look(self) -> Stamp:
        return tuple(_stat(file) for file in self._watched)


def model_mismatch(catalog: CatalogReader, embedder: Embedder) -> ModelMismatch | None:
    """Why the catalog's vectors and those of `embedder` must not be mixed; None when they are of one model."""
    name, dimension = _model_of(catalog) or (embedder.name, embedder.dimension)
    if (name, dimension) == (embedder.name, embedder.dimension) or not catalog.totals().passages:
        return None
    return ModelMismatch(
        f"此库由向量模型 {name}（{dimension} 维）建立，当前模型是 {embedder.name}（{embedder.dimension} 维）; "
        f"this library was made with model {name}, the settings name {embedder.name}: "
        "run `zhida sync FOLDER --rebuild`, or set embedding_model"
    )


def _model_of(catalog: CatalogReader) -> tuple[str, int] | None:
    made = catalog.meta()
    return (made["embedder"], int(made["dimension"])) if "embedder" in made else None


def _stat(file: str | Path) -> tuple[int, int, int]:
    """Inode, size and time of change in nanoseconds; zeros for a file that is not there."""
    try:
        found = os.stat(file)  # noqa: PTH116 - each question looks, and a Path takes as long again
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _inode(file: Path) -> int:
    return _stat(file)[0]
