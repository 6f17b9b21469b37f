"""What a library holds, how much room it takes and how far its search index has come: `zhida status`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from index.catalog_reader import CatalogReader
from index.durable import bytes_below
from index.manifest import Manifest, read_manifest
from index.projections import LEXICAL
from index.snapshot import VECTORS

CATALOG, ORIGINALS, PREVIOUS = "catalog.db", "originals", "previous.db"


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """What `zhida status` shows. `generation` is the number of the last change; `size` is bytes on disk.

    `sizes` are the bytes of each part. Changes up to `vectors_upto` are in the `segments` of vectors and those up to
    `lexical_upto` in the lexical index; later ones are searched by brute force until they are taken in. `recall` is
    the share of the ten nearest that vector search finds: 1 when it compares every vector, else (`by_lists`) as it was
    measured.
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
    segments: int = 0
    by_lists: bool = False
    recall: float = 1.0
    previous: bool = False
    """Whether there is a state to roll back to."""


def status_of(home: Path, catalog: CatalogReader, embedder: str) -> LibraryStatus:
    """Counts and sizes of the library in `home`, as they are now."""
    totals = catalog.totals()
    last = catalog.last_change()
    manifest = (read_manifest(home) or Manifest()).at(last)
    parts = {"catalog": CATALOG, "lexical": LEXICAL, "vectors": VECTORS, "originals": ORIGINALS}
    return LibraryStatus(
        documents=totals.documents,
        passages=totals.passages,
        characters=totals.characters,
        generation=last,
        embedder=embedder,
        size=bytes_below(home),
        sizes={part: bytes_below(home / name) for part, name in parts.items()},
        vectors_upto=manifest.upto,
        lexical_upto=manifest.lexical_upto,
        segments=len(manifest.segments),
        by_lists=any(segment.kind == "ivf" for segment in manifest.segments),
        recall=min((segment.recall for segment in manifest.segments), default=1.0),
        previous=(home / PREVIOUS).is_file(),
    )
