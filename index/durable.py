"""Files that survive a crash, and the lock of the one writer.

A file is written beside its place, synced, and renamed into it, so that a reader (and whoever opens the
library after a power cut) sees the old file or the new one, never a part of either.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index.errors import LibraryBusy, LibraryError

LOCK_POLL = 0.05  # seconds between two tries


def write_durably(file: Path, data: bytes, sync_name: bool = True) -> None:
    """Put `data` into `file` so that it is there, whole, when this returns.

    Without `sync_name` the caller calls `sync_folder` itself, once for many files.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=file.parent)
    except OSError as error:
        raise unwritable(file.parent, error) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(file)
    except BaseException as error:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        if isinstance(error, OSError):
            raise unwritable(file.parent, error) from None
        raise
    if sync_name:
        sync_folder(file.parent)


def make_folder(folder: Path) -> None:
    """Make a folder with those above it, unless it is there. Raises LibraryError, also for a file of its name."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(f"无法建立文件夹 cannot make the folder {folder}: {error.strerror}") from None


def unwritable(folder: Path, error: Exception) -> LibraryError:
    """What to tell the user when a folder takes no more: it is full, gone or read-only."""
    reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
    return LibraryError(f"无法写入 cannot write to {folder}: {reason}")


def sync_file(file: Path) -> None:
    """Make the bytes of a file that somebody else wrote durable."""
    with file.open("rb") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a rename is not until its folder has been synced."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(data: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(file: Path) -> str:
    """SHA-256 of a file's bytes, without holding them all in memory."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def bytes_below(folder: Path) -> int:
    """How many bytes the files in `folder` and below it hold, or the file itself; files that vanish meanwhile count nothing."""
    total = folder.stat().st_size if folder.is_file() else 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(root) / name).stat().st_size
    return total


@contextmanager
def writer_lock(file: Path, wait: float) -> Iterator[None]:
    """Hold the flock on `file`, with this process's id inside for the message that another one gets.

    The kernel releases it when the process ends in any way, so that there is never a stale lock. Waits up
    to `wait` seconds; raises LibraryBusy that names the holder, LibraryError where the folder is read-only.
    """
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise unwritable(file.parent, error) from None
    try:
        _acquire(handle, file, wait)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, file: Path, wait: float) -> None:
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "?"
                raise LibraryBusy(
                    f"另一个进程 (pid {holder}) 正在写入 another process is writing to {file.parent}; "
                    "请等它结束后再试 try again when it has finished"
                ) from None
            time.sleep(LOCK_POLL)
