"""manifest.json: which files of a home folder are its search index, and what they were made with.

It describes projections only. The truth is catalog.db, so a manifest that is missing or damaged costs
a rebuild and never a document. It is replaced whole and written last: what it names is on disk.
"""

from __future__ import annotations

import json
import re
import sys
import zlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from index.durable import write_durably

FORMAT = 1
FILE_NAME = "manifest.json"

_SPANS = re.compile(r"(?:\d+(?:-\d+)?(?: (?!$)|$))*")


@dataclass(frozen=True, slots=True)
class Segment:
    """One immutable file under vectors/, named by its content."""

    file: str
    sha256: str
    count: int
    kind: str = "faiss"
    recall: float = 1.0
    """Share of the ten truly nearest that its search finds, measured on the library's own passages; 1 is exact."""
    last: int = sys.maxsize
    """The highest id in it, below all those of the segments that follow; unless told, none can follow."""


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
    dead: str = ""
    """Which ids of the segments had gone by `upto`, as `ids_of` reads them."""
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
        raw = json.loads((home / FILE_NAME).read_bytes())
        if raw.pop("crc", None) not in (None, _checksum(raw)):
            return None
        manifest = _manifest_of(raw)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
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
        and _SPANS.fullmatch(manifest.dead) is not None
        and isinstance(manifest.lexical, str)
        and Path(manifest.lexical).name == manifest.lexical
        and (manifest.next is None or _is_sound(manifest.next))
        and all(isinstance(name, str) and name and Path(name).name == name for name in names)
    )


def spans_of(ids: Collection[int]) -> str:
    """Ids in short, ascending: "3-9 12". `ids_of` is the way back."""
    spans: list[list[int]] = []
    for id in sorted(ids):
        if spans and spans[-1][-1] == id - 1:
            spans[-1][1:] = [id]
        else:
            spans.append([id])
    return " ".join("-".join(map(str, span)) for span in spans)


def ids_of(spans: str) -> frozenset[int]:
    """The ids that `spans_of` wrote."""
    ends = [[int(end) for end in span.split("-")] for span in spans.split()]
    return frozenset(id for span in ends for id in range(span[0], span[-1] + 1))


def write_manifest(home: Path, manifest: Manifest) -> None:
    """Replace the manifest; it is durable when this returns."""
    raw = asdict(manifest)
    raw["crc"] = _checksum(raw)
    write_durably(home / FILE_NAME, json.dumps(raw, ensure_ascii=False, indent=1).encode())


def _checksum(raw: dict[str, Any]) -> int:
    """CRC-32 of all that a manifest says: one wrong figure may hide a passage."""
    return zlib.crc32(json.dumps(raw, sort_keys=True).encode())
