"""Files that people send: read one at a time in the sandboxed readers, off the event loop, stored in a collection.

A file's name is a label and a clue to its format, and never a path: of what a client sends only the last part is
kept, without control characters. What became of the last uploads is remembered in memory, under ids that cannot be
guessed.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Literal

from index.durable import sha256_of
from index.errors import LibraryError, ReadError, ZhidaError
from index.library import Library
from index.readers import check_suffix
from index.readers.sandbox import check_size, read_safely
from ui.metrics import Metrics

NAME_LENGTH = 200  # characters
SUFFIX_LENGTH = 20
REMEMBERED = 1000
WAITING = 50  # files that may wait to be read
NO_TEXT = "没有找到文字（扫描件？）no text found (scan?)"

State = Literal["queued", "reading", "added", "updated", "unchanged", "failed"]

_log = logging.getLogger("zhida")


class UploadsFull(LibraryError):
    """Too many files wait to be read."""


@dataclass(slots=True)
class Upload:
    """One file and what has become of it; `error` says why it failed, `notices` what its reader has to tell."""

    id: str
    name: str
    collection: str
    owner: str
    state: State = "queued"
    error: str = ""
    notices: tuple[str, ...] = ()
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def as_dict(self) -> dict[str, object]:
        """As the API tells it."""
        return {
            "upload_id": self.id,
            "name": self.name,
            "collection": self.collection,
            "state": self.state,
            "error": self.error,
            "notices": list(self.notices),
        }


class Uploads:
    """Takes files into `library`, one after the other. Lives on one event loop."""

    def __init__(self, library: Library, metrics: Metrics) -> None:
        self.library = library
        self._metrics = metrics
        self._writing = asyncio.Lock()
        self._known: OrderedDict[str, Upload] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many files are not done yet."""
        return len(self._tasks)

    def submit(self, data: bytes, name: str, collection: str, owner: str = "") -> Upload:
        """Begins to take a file in. Raises UploadsFull; what is wrong with the file itself, the Upload tells."""
        if len(self._tasks) >= WAITING:
            raise UploadsFull(
                "等待读取的文件太多，请稍后再传 too many files wait to be read, try again later"
            )
        upload = Upload(secrets.token_urlsafe(16), label_of(name), collection, owner)
        self._known[upload.id] = upload
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        task = asyncio.get_running_loop().create_task(self._take_in(upload, data))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return upload

    def get(self, id: str, owner: str) -> Upload | None:
        """The upload of this id, if it is the owner's."""
        upload = self._known.get(id)
        return upload if upload is not None and upload.owner == owner else None

    async def finish(self) -> None:
        """Waits until all that was submitted is done."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def remove(self, name: str, collection: str) -> None:
        """Removes a document, in turn with what is being stored. Raises LibraryError."""
        async with self._writing:
            await asyncio.to_thread(self.library.remove, name, collection)

    async def _take_in(self, upload: Upload, data: bytes) -> None:
        try:
            async with self._writing:
                upload.state = "reading"
                upload.state, upload.notices = await asyncio.to_thread(self._store, upload, data)
        except ZhidaError as error:
            upload.state, upload.error = "failed", str(error)
        except Exception:  # noqa: BLE001 - the edge of a task: whoever waits needs an end, the log the traceback
            _log.exception("taking a file in failed")
            upload.state, upload.error = (
                "failed",
                "内部错误，详情见服务日志 internal error, see the server's log",
            )
        finally:
            self._metrics.uploads.labels(upload.state).inc()
            upload.done.set()

    def _store(self, upload: Upload, data: bytes) -> tuple[State, tuple[str, ...]]:
        if not upload.name:
            raise ReadError("文件没有名字 the file has no name")
        check_suffix(upload.name)
        check_size(len(data), upload.name)
        before = self.library.catalog.sha256(upload.name, upload.collection)
        if before == sha256_of(data):
            return "unchanged", ()
        document = read_safely(data, upload.name)
        if not document.text.strip():
            raise ReadError(f"{upload.name}: {NO_TEXT}")
        document = replace(document, name=upload.name, collection=upload.collection)
        self.library.add(document, data)
        return "updated" if before is not None else "added", document.notices


def label_of(name: str) -> str:
    """What a document is called that came as a file of this name: its last part, without what cannot be seen."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    # Control and formatting characters (which could turn the name's direction round), halves of pairs, unassigned.
    kept = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    shown = " ".join(kept.split())
    if not shown.strip(". "):
        return ""
    stem, dot, suffix = shown.rpartition(".")
    if len(shown) <= NAME_LENGTH or len(suffix) > SUFFIX_LENGTH:
        return shown[:NAME_LENGTH]
    return stem[: NAME_LENGTH - len(dot + suffix)] + dot + suffix
