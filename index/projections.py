"""The files of the search index: a lexical index in a folder of its own, vectors in segments. Both are made from a
catalog, and neither is changed by making another beside it.

What is in use the manifest says; index.library_writer writes that.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from itertools import count, islice
from pathlib import Path

from index.catalog_reader import CatalogReader
from index.durable import make_folder, sha256_of_file, sync_file, sync_folder, unwritable
from index.errors import LibraryError
from index.lexical import LexicalIndex, LexicalRow
from index.manifest import Manifest, Segment
from index.passage import Document, Passage
from index.snapshot import VECTORS
from index.vectors.base import Vectors, VectorStore
from index.vectors.faiss import FaissStore

LEXICAL = "lexical"
ROWS_AT_ONCE = 2000  # bounds memory while an index is filled
RATIO = 2
"""A segment that is not more than so many times as large as the new one is merged with it. Each is then more than
twice as large as the next, so that there are few, and a vector is written again only when its company has grown by half.
"""
EXHAUSTIVE_UP_TO = 200_000  # passages; some 30 ms a search with 512 dimensions


def open_lexical(home: Path, manifest: Manifest | None) -> LexicalIndex | None:
    """The lexical index of a home folder; None when it is missing, or is not what the manifest says was written."""
    known = manifest.lexical_files if manifest is not None else {}
    folder = home / LEXICAL / (manifest.lexical if manifest is not None else "")
    try:
        lexical = LexicalIndex(folder, known=known)
    except LibraryError:
        return None
    # Somebody may have begun to make it anew after the manifest was read.
    return lexical if len(lexical) or not known else None


def make_lexical(home: Path, source: CatalogReader) -> tuple[str, LexicalIndex]:
    """A new lexical index of all passages of `source`, beside what is there: its folder for the manifest, and itself."""
    make_folder(home / LEXICAL)
    name = _free_name(home / LEXICAL)
    folder = home / LEXICAL / name
    make_folder(folder)
    lexical = LexicalIndex(folder, create=True)
    fill(lexical, source)
    sync_folder(home / LEXICAL)
    return name, lexical


def _free_name(folder: Path) -> str:
    """The folder itself while nothing is in it, else the first number that is no name there."""
    if not any(folder.iterdir()):
        return ""
    return next(name for name in map(str, count(1)) if not (folder / name).exists())


def fill(lexical: LexicalIndex, source: CatalogReader) -> None:
    """Put every passage of a catalog into an empty lexical index."""
    everything = source.all_passages()
    while passages := list(islice(everything, ROWS_AT_ONCE)):
        lexical.add([stored_row(passage) for passage in passages])
    lexical.commit()


def stored_row(passage: Passage) -> LexicalRow:
    """What the lexical index takes of a passage as the catalog gives it."""
    return lexical_row(passage, passage.id, passage.document_id, passage)


def lexical_row(passage: Passage, id: int, document_id: int, origin: Document | Passage) -> LexicalRow:
    """What the lexical index takes of a passage that is stored under these ids, with the collection and the status
    of `origin`."""
    return LexicalRow(
        id,
        document_id,
        passage.text,
        passage.context,
        origin.collection,
        passage.speaker.name if passage.speaker else "",
        passage.publisher,
        origin.status,
        passage.published,
    )


def write_segment(home: Path, exact: FaissStore, questions: Vectors) -> Segment:
    """Write the vectors of `exact`, all compared, to a new file under vectors/, named by its content and durable when
    this returns.

    Beyond EXHAUSTIVE_UP_TO, lists are searched instead, if that finds enough of what is nearest to `questions` (m, d).
    """
    folder = home / VECTORS
    store: VectorStore = exact
    kind, recall = "faiss", 1.0
    if len(exact) > EXHAUSTIVE_UP_TO and len(questions):
        from index.vectors.ivf import IvfStore  # only very large libraries need it

        built = IvfStore.build(exact.ids().tolist(), exact.vectors(), questions, exact)
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
    return Segment(file, sha256, len(store), kind, recall, int(exact.ids().max()))


def kept_beside(segments: Sequence[Segment], count: int) -> tuple[Segment, ...]:
    """Those that stay when `count` vectors become a segment, which takes the place of the others: the last ones."""
    kept = list(segments)
    while kept and kept[-1].count <= RATIO * count:
        count += kept.pop().count
    return tuple(kept)


def sweep(home: Path, manifest: Manifest) -> None:
    """Delete what the manifest does not name; who has it open keeps it."""
    wanted = {segment.file for segment in manifest.segments}
    for file in (home / VECTORS).iterdir():
        if file.name not in wanted:
            _delete(file)
    for file in (home / LEXICAL).iterdir() if (home / LEXICAL).is_dir() else ():
        if file.name != manifest.lexical and (manifest.lexical or file.is_dir()):
            _delete(file)


def _delete(file: Path) -> None:
    if file.is_dir():
        shutil.rmtree(file, ignore_errors=True)
    else:
        file.unlink(missing_ok=True)
