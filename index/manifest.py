"""manifest.json: which files of a home folder are its search index, and what they were made with.

It describes projections only. The truth is catalog.db, so a manifest that is missing or damaged costs
a rebuild and never a document. It is replaced whole and written last: what it names is on disk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from index.durable import write_durably

FORMAT = 1
FILE_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Segment:
    """One immutable file under vectors/, named by its content."""

    file: str
    sha256: str
    count: int
    kind: str = "faiss"
    recall: float = 1.0
    """Share of the ten truly nearest that its search finds, measured on the library's own passages; 1 is exact."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The search index as it stands on disk.

    `generation` is the number of the last change when this was written. The segments hold the vectors of
    all changes up to `upto`, the lexical index those up to `lexical_upto`; later ones are in the catalog.
    `words` is the fingerprint of tokenizer and dictionary.
    """

    generation: int = 0
    embedder: str = ""
    dimension: int = 0
    words: str = ""
    upto: int = 0
    lexical_upto: int = 0
    segments: tuple[Segment, ...] = ()
    lexical_files: Mapping[str, int] = field(default_factory=dict)
    """Checksums of the files of the lexical index."""
    lexical: str = ""
    """Its folder, below lexical/; "" is that folder itself."""
    next: Manifest | None = None
    """What takes the place of this one as soon as the catalog has reached its generation: the commit that changes
    all passages at once changes the search index with them."""
    format: int = FORMAT

    def at(self, number: int) -> Manifest:
        """What holds at change `number` of the catalog."""
        return self.next if self.next is not None and number >= self.next.generation else self


def read_manifest(home: Path) -> Manifest | None:
    """The manifest of a home folder; None when it is missing, damaged or of another format."""
    try:
        manifest = _manifest_of(json.loads((home / FILE_NAME).read_bytes()))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return manifest if _is_sound(manifest) else None


def _manifest_of(raw: dict[str, Any]) -> Manifest:
    segments = tuple(Segment(**segment) for segment in raw["segments"])
    later = _manifest_of(raw["next"]) if raw.get("next") else None
    return Manifest(**{**raw, "segments": segments, "next": later})


def _is_sound(manifest: Manifest) -> bool:
    numbers = (manifest.generation, manifest.dimension, manifest.upto, manifest.lexical_upto)
    names = [segment.file for segment in manifest.segments]
    return (
        manifest.format == FORMAT
        and all(isinstance(number, int) and number >= 0 for number in numbers)
        and isinstance(manifest.lexical_files, dict)
        and isinstance(manifest.lexical, str)
        and Path(manifest.lexical).name == manifest.lexical
        and (manifest.next is None or _is_sound(manifest.next))
        and all(isinstance(name, str) and name and Path(name).name == name for name in names)
    )


def write_manifest(home: Path, manifest: Manifest) -> None:
    """Replace the manifest; it is durable when this returns."""
    write_durably(home / FILE_NAME, json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode())
