"""What runs in a reader's own process: files come in on one pipe, documents as JSON go out on another.

A request is a line of JSON {"name", "size", "seconds", "output"} and `size` bytes; the reply is a line with
the length of the JSON that follows: {"document"} or {"error"}, and {"tired": true} when the process would
better be replaced. A request with a "page" is for that page alone, see index.readers.pages. It ends with all
that it has started when the other end of the pipe is closed, though a parser may be running, so that a parent
which was killed leaves nothing behind. Started by index.readers.sandbox only.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

from index.errors import ReadError
from index.readers import read
from index.readers.pages import page_of
from index.readers.plain_data import to_plain

PEAK = 400 * 1024  # KiB of memory once used, after which a fresh process is better
OPEN_FILES = 256
NICENESS = 5
"""Reading stands back behind those who search meanwhile."""
STACK = 256 * 1024  # bytes, of the thread that watches the pipe
TEMPORARY = 256 * 1024 * 1024  # bytes of a temporary file, as OCR writes


def main(memory: int) -> None:
    """Serve until the pipe ends. `memory` is the most that this process may ask for, in bytes."""
    requests, replies = _own_pipes()
    os.nice(NICENESS)
    threading.stack_size(STACK)
    threading.Thread(target=_end_with_parent, args=[requests.fileno()], daemon=True).start()
    threading.stack_size(0)
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_FSIZE, TEMPORARY)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    while line := requests.readline():
        request = json.loads(line)
        data = requests.read(request["size"])
        _limit_cpu(request["seconds"])
        payload = _answer(data, request, memory)
        del data
        replies.write(b"%d\n" % len(payload) + payload)
        replies.flush()


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes, moved away from stdin and stdout: a library's print or a program's input must not meet them."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    sys.stdin = None
    return requests, replies


def _end_with_parent(pipe: int) -> None:
    """Wait until nobody can send requests any more; then end this process and the programs that it has started."""
    hung_up = select.poll()
    hung_up.register(pipe, 0)
    hung_up.poll()
    os.killpg(os.getpid(), signal.SIGKILL)


def _limit(which: int, most: int) -> None:
    hard = resource.getrlimit(which)[1]
    resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _limit_cpu(seconds: float) -> None:
    """So that it ends although its parent may be gone: `seconds` more of CPU time than were used so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + seconds) + 2)


def _peak() -> int:
    """KiB of memory that this process has had at most.

    Not ru_maxrss where it can be helped: that counts what the parent had when it started this process.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _answer(data: bytes, request: dict[str, Any], memory: int) -> bytes:
    name, output = request["name"], request["output"]
    error, tired = "", False
    try:
        plain = page_of(data, request) if "page" in request else {"document": to_plain(read(data, name))}
        payload = json.dumps(plain, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if len(payload) <= output:
            if _peak() > PEAK:
                return payload[:-1] + b', "tired": true}'
            return payload
        error = f"{name}: 文字太多 there is too much text in it, more than {output >> 20} MiB; 请拆分文件 split it"
        tired = True
    except ReadError as failure:
        error = str(failure)
    except MemoryError:
        error = (
            f"{name}: 读取所需内存超过限制 reading it takes more memory than the limit of {memory >> 20} MiB"
        )
        tired = True
    except RecursionError:
        error, tired = f"{name}: 嵌套太深 it is nested too deeply", True
    except Exception as failure:  # noqa: BLE001 - the edge of a process; parsers raise anything on broken files
        error = f"{name}: 文件已损坏或格式不符 the file is broken or not what its suffix says ({type(failure).__name__})"
    error = " ".join(error.split())[:1000]
    return json.dumps({"error": error, "tired": tired}).encode()
