"""Reads files in child processes that can be killed, within limits on time, memory and output.

A parser that crashes, hangs or swells up costs its one file a ReadError, and nothing of the process that
asked. Children are ordinary Python interpreters that know nothing but the reader modules: they get the
file's bytes over a pipe, none of the environment's secrets, no file that is open here, and answer with plain
data that is checked (index.readers.plain_data). They are reused, one for each file that is read at the same
time, since starting one takes longer than reading most files. They end when this process ends, however it does.

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
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from index.errors import ReadError
from index.passage import Document
from index.readers import PLAIN, check_suffix, read, suffix_of
from index.readers.plain_data import NotPlainError, document_from

_MIB = 1024 * 1024
_T = TypeVar("_T")


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
    suffix: OCR
    for suffix in (".pdf", ".docx", ".pptx", ".xlsx", ".zip", ".eml", ".png", ".jpg", ".jpeg", ".bmp")
} | dict.fromkeys((".tif", ".tiff", ".webp"), OCR)
LIMITS_OF |= dict.fromkeys(PLAIN, Limits(size=32 * _MIB))

IN_PLACE = _MIB
"""Bytes up to which `read_safely` reads plain text in this process, sooner than a child would be started."""
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


def is_small_text(name: str, size: int) -> bool:
    """Whether a file of so many bytes is plain text that may be read in this process."""
    return suffix_of(name) in PLAIN and size <= IN_PLACE


def read_safely(data: bytes, name: str, limits: Limits | None = None) -> Document:
    """Like `index.readers.read`, in a child process unless it is a plain text of moderate size.

    Raises ReadError for what `read` raises it for, and when a limit is reached or the parser crashes. May be
    called from several threads; each has a child of its own.
    """
    check_suffix(name)
    check_size(len(data), name)
    if is_small_text(name, len(data)):
        return read(data, name)
    return _shared.read(data, name, limits)


def ask_safely(data: bytes, head: Mapping[str, object], limits: Limits) -> dict[str, object]:
    """What a child says of a file when asked for something else than its document, see index.readers.pages.

    `head` has the file's "name". The answer is plain data and may be anything: whoever asks checks it. Raises ReadError
    as `read_safely` does.
    """
    check_size(len(data), str(head["name"]))
    return _shared.ask(data, head, limits)


def close() -> None:
    """End the children of `read_safely` that are waiting for work; the next file starts new ones."""
    _shared.close()


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
        environment["MALLOC_ARENA_MAX"] = "1"  # each further one reserves 64 MiB of address space
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
        """The document; raises as `ask` does."""
        answer = self.ask(data, {"name": name}, limits)
        try:
            return document_from(answer.get("document"))
        except (NotPlainError, RecursionError) as error:
            self.usable = False
            raise _invalid(error) from None

    def ask(self, data: bytes, head: Mapping[str, object], limits: Limits) -> dict[str, object]:
        """The answer; raises ReadError as the reader says, _CrashError when there is no sound one."""
        self.files += 1
        self._expired = False
        self._job = self.files
        timer = threading.Timer(limits.seconds, self._expire, [self._job])
        timer.daemon = True
        timer.start()
        try:
            answer = self._exchange(data, head, limits)
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
        if answer.get("tired"):
            self.usable = False
        if isinstance(reason := answer.get("error"), str):
            raise ReadError(reason[:1000])
        return answer

    def _exchange(self, data: bytes, head: Mapping[str, object], limits: Limits) -> dict[str, object]:
        requests, replies = self._pipes()
        whole = {**head, "size": len(data), "seconds": limits.seconds, "output": limits.output}
        requests.write(json.dumps(whole).encode() + b"\n")
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

    def _expire(self, job: int) -> None:
        with self._lock:
            if self._job == job:
                self._expired = True
                self.kill()

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
        self.kill()
        self._process.wait()

    def kill(self) -> None:
        """End it and all that it started, at once."""
        if self._process.returncode is None:  # else the number may be another process's by now
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


class Children:
    """Child processes to read with, started when needed and used again: one for each thread that reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Worker] = []
        self._busy: list[_Worker] = []
        self._killed = False

    def read(self, data: bytes, name: str, limits: Limits | None = None) -> Document:
        """The document in `data`, read in a child; raises ReadError as `read_safely` does, and after `kill`."""
        check_suffix(name)
        check_size(len(data), name)
        limits = limits or limits_for(name)
        return self._with_a_child(lambda worker: worker.read(data, name, limits), name, limits.memory)

    def ask(self, data: bytes, head: Mapping[str, object], limits: Limits) -> dict[str, object]:
        """As `ask_safely`."""
        name = str(head["name"])
        return self._with_a_child(lambda worker: worker.ask(data, head, limits), name, limits.memory)

    def _with_a_child(self, use: Callable[[_Worker], _T], name: str, memory: int) -> _T:
        worker = self._take(memory)
        fresh = worker.files == 0
        try:
            return use(worker)
        except _CrashError as crash:
            if fresh or crash.is_final:
                raise ReadError(f"{name}: {crash}") from None
        finally:
            self._put_back(worker)
        # It may have been an earlier file that broke the child: once more, in a new one.
        worker = self._start(memory)
        try:
            return use(worker)
        except _CrashError as crash:
            raise ReadError(f"{name}: {crash}") from None
        finally:
            self._put_back(worker)

    def close(self) -> None:
        """End the children that are waiting for work; the next file starts new ones."""
        with self._lock:
            waiting = list(self._waiting)
            self._waiting.clear()
        for worker in waiting:
            worker.end()

    def kill(self) -> None:
        """End all children at once, whatever they are reading; none can be started any more."""
        with self._lock:
            self._killed = True
            for worker in self._busy:
                worker.kill()
        self.close()

    def _take(self, memory: int) -> _Worker:
        with self._lock:
            for worker in self._waiting:
                if worker.memory == memory and not self._killed:
                    self._waiting.remove(worker)
                    self._busy.append(worker)
                    return worker
        return self._start(memory)

    def _start(self, memory: int) -> _Worker:
        try:
            worker = _Worker(memory)
        except OSError as error:
            raise ReadError(
                f"无法启动读取进程 cannot start a process to read with: {error.strerror}"
            ) from None
        with self._lock:
            self._busy.append(worker)
            killed = self._killed
        if killed:
            self._put_back(worker)
            raise ReadError("已停止读取 reading was stopped")
        return worker

    def _put_back(self, worker: _Worker) -> None:
        with self._lock:
            self._busy.remove(worker)
            reuse = worker.usable and not self._killed
            if reuse:
                self._waiting.append(worker)
        if not reuse:
            worker.end()


_shared = Children()


def _forget() -> None:
    """In a forked copy of this process: the children belong to the original."""
    global _shared
    _shared = Children()


atexit.register(close)
os.register_at_fork(after_in_child=_forget)
