"""Reads files in child processes that can be killed, within limits on time, memory and output.

A parser that crashes, hangs or swells up costs its one file a ReadError, and nothing of the process that
asked. Children are ordinary Python interpreters that know nothing but the reader modules: they get the
file's bytes over a pipe, none of the environment's secrets, no file that is open here, and answer with plain
data that is checked (index.readers.plain_data). They are reused, one for each file that is read at the same
time, since starting one takes longer than reading most files. Plain text of moderate size is read in place.

It bounds what a broken or hostile file can use up. It is no prison: a parser that is taken over runs with
the rights of this user.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from index.errors import ReadError
from index.passage import Document
from index.readers import PLAIN, check_suffix, read, suffix_of
from index.readers.plain_data import NotPlainError, document_from

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take."""

    size: int = 128 * _MIB
    """Bytes of the file."""
    seconds: float = 60.0
    """By the clock; and as much of the processor."""
    memory: int = 2048 * _MIB
    """Bytes of address space of the child, and of each program that it starts."""
    output: int = 24 * _MIB
    """Bytes of the document as JSON, of which a Chinese character takes three."""


LIMITS = Limits()
OCR = Limits(seconds=600.0)
"""For formats whose pages may be pictures: recognising a page takes seconds."""
LIMITS_OF: dict[str, Limits] = {
    suffix: OCR for suffix in (".pdf", ".docx", ".pptx", ".zip", ".eml", ".png", ".jpg", ".jpeg", ".bmp")
} | dict.fromkeys((".tif", ".tiff", ".webp"), OCR)
LIMITS_OF |= dict.fromkeys(PLAIN, Limits(size=32 * _MIB))

IN_PLACE = _MIB
"""Bytes up to which plain text is read in this process."""
NODES = 1_000_000
"""Most lists and objects of an answer: it is counted before it is parsed, for each takes some hundred bytes."""
FILES = 500
"""After this many files a child is replaced, whatever its parsers may have piled up."""
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TESSDATA_PREFIX")
"""Variables of the environment that a child may see."""

_START = "import sys; sys.path.insert(0, sys.argv[1]); from index.readers.child import main; main(int(sys.argv[2]))"


def limits_for(name: str) -> Limits:
    """The limits for a file of this name."""
    return LIMITS_OF.get(suffix_of(name), LIMITS)


def check_size(size: int, name: str) -> None:
    """Raises ReadError for a file of more bytes than are read of its kind."""
    most = limits_for(name).size
    if size > most:
        raise ReadError(
            f"{name}: 文件太大 the file is too large: {size / _MIB:.0f} MiB; "
            f"上限 the limit is {most // _MIB} MiB; 请拆分 split it"
        )


def read_safely(data: bytes, name: str, limits: Limits | None = None) -> Document:
    """Like `index.readers.read`, in a child process unless it is a plain text of moderate size.

    Raises ReadError for what `read` raises it for, and when a limit is reached or the parser crashes. May be
    called from several threads; each has a child of its own.
    """
    check_suffix(name)
    check_size(len(data), name)
    if suffix_of(name) in PLAIN and len(data) <= IN_PLACE:
        return read(data, name)
    limits = limits or limits_for(name)
    worker = _take(limits.memory)
    fresh = worker.files == 0
    try:
        return worker.read(data, name, limits)
    except _CrashError as crash:
        if fresh or crash.is_final:
            raise ReadError(f"{name}: {crash}") from None
    finally:
        _put_back(worker)
    # It may have been an earlier file that broke the child: once more, in a new one.
    worker = _start(limits.memory)
    try:
        return worker.read(data, name, limits)
    except _CrashError as crash:
        raise ReadError(f"{name}: {crash}") from None
    finally:
        _put_back(worker)


def close() -> None:
    """End the children that are waiting for work; the next file starts new ones."""
    with _lock:
        waiting = list(_waiting)
        _waiting.clear()
    for worker in waiting:
        worker.end()


class _CrashError(Exception):
    """The child ended or misbehaved; `is_final` when trying again would be no use."""

    def __init__(self, reason: str, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


def _invalid(error: Exception) -> _CrashError:
    reason = " ".join(str(error).split())[:200]
    return _CrashError(f"读取程序的结果无效 the reader's result is not valid ({reason})", is_final=True)


class _Worker:
    """One child process."""

    def __init__(self, memory: int) -> None:
        root = str(Path(__file__).parents[2])
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        # Threads of numeric libraries and of OCR would only fight for the cores, and each takes address space.
        environment |= {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, root, str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # so that programs which a reader starts die with it
        )
        self.memory = memory
        self.files = 0
        self.usable = True
        self._lock = threading.Lock()
        self._job = 0  # the number of the file being read
        self._expired = False

    def read(self, data: bytes, name: str, limits: Limits) -> Document:
        """The document; raises ReadError as the reader says, _CrashError when there is no sound answer."""
        self.files += 1
        self._expired = False
        self._job = self.files
        timer = threading.Timer(limits.seconds, self._expire, [self._job])
        timer.daemon = True
        timer.start()
        try:
            answer = self._ask(data, name, limits)
        except (OSError, EOFError):
            self.end()
            raise self._crash(limits) from None
        except (ValueError, RecursionError) as error:
            self.end()
            raise _invalid(error) from None
        finally:
            timer.cancel()
            with self._lock:
                self.usable = self.usable and not self._expired and self.files < FILES
                self._job = 0
        return self._document(answer)

    def _ask(self, data: bytes, name: str, limits: Limits) -> dict[str, object]:
        requests, replies = self._pipes()
        head = {"name": name, "size": len(data), "seconds": limits.seconds, "output": limits.output}
        requests.write(json.dumps(head).encode() + b"\n")
        requests.write(data)
        requests.flush()
        line = replies.readline(32)
        if not line:
            raise EOFError
        length = int(line)
        if not 0 <= length <= limits.output + 1000:
            raise ValueError("too much output")
        payload = replies.read(length)
        if len(payload) != length:
            raise EOFError
        if payload.count(b"[") + payload.count(b"{") > NODES:
            raise ValueError("too many parts")
        answer = json.loads(payload.decode("utf-8", "surrogatepass"))
        if not isinstance(answer, dict):
            raise ValueError("not an answer")
        return answer

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("no pipes")
        return self._process.stdin, self._process.stdout

    def _document(self, answer: dict[str, object]) -> Document:
        if answer.get("tired"):
            self.usable = False
        if isinstance(error := answer.get("error"), str):
            raise ReadError(error[:1000])
        try:
            return document_from(answer.get("document"))
        except (NotPlainError, RecursionError) as error:
            self.usable = False
            raise _invalid(error) from None

    def _expire(self, job: int) -> None:
        with self._lock:
            if self._job == job:
                self._expired = True
                self._kill()

    def _crash(self, limits: Limits) -> _CrashError:
        """Why there was no answer, after `end`."""
        code = self._process.returncode
        if self._expired or code == -signal.SIGXCPU:
            return _CrashError(
                f"读取超过 {limits.seconds:g} 秒，已停止 reading took longer than {limits.seconds:g} s "
                "and was stopped",
                is_final=True,
            )
        ended = signal.Signals(-code).name if code < 0 else f"code {code}"
        return _CrashError(f"读取程序崩溃 the reader crashed ({ended})")

    def end(self) -> None:
        """End the child and all that it started; harmless when it is gone."""
        self.usable = False
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # a broken pipe still has bytes to write
                    pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.05 if self.files == 0 or self._expired else 0.5)
        self._kill()
        self._process.wait()

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


_lock = threading.Lock()
_waiting: list[_Worker] = []


def _take(memory: int) -> _Worker:
    with _lock:
        for worker in _waiting:
            if worker.memory == memory:
                _waiting.remove(worker)
                return worker
    return _start(memory)


def _start(memory: int) -> _Worker:
    try:
        return _Worker(memory)
    except OSError as error:
        raise ReadError(f"无法启动读取进程 cannot start a process to read with: {error.strerror}") from None


def _put_back(worker: _Worker) -> None:
    if worker.usable:
        with _lock:
            _waiting.append(worker)
    else:
        worker.end()


def _forget() -> None:
    """In a forked copy of this process: the children belong to the original."""
    global _lock
    _lock = threading.Lock()
    _waiting.clear()


atexit.register(close)
os.register_at_fork(after_in_child=_forget)
