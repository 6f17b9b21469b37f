"""Tesseract, a program of its own that recognises text: whether it is here, and what it takes for words in a picture.

Debian has it as tesseract-ocr, tesseract-ocr-chi-sim. It need not be there: `missing` says what to install. Bounds
the time it may take. What of its words is to be believed, and at which size it sees best, is for index.readers.ocr.
"""

from __future__ import annotations

import math
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import numpy as np

from index.errors import ReadError
from index.readers.pdf.page import Box

SECONDS = 100
"""That the recognition of one page may take by the clock: one that takes 4 s alone took 60 on a machine at its limits."""
CPU_SECONDS, PER_MEGAPIXEL = 10.0, 5.0
"""Seconds of the processor that any picture may take, and more for each million pixels. A page of text takes one for a
million, a small picture half a second, nearly all of it for starting the program."""
LANGUAGES = ("chi_sim", "eng")
INSTALL = "tesseract-ocr tesseract-ocr-chi-sim"


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was recognised: box in pixels, confidence from 0 to 100."""

    text: str
    box: Box
    confidence: float
    line: tuple[int, int, int]
    """Numbers of its block, paragraph and line."""


@cache
def languages() -> tuple[str, ...]:
    """Which of LANGUAGES tesseract has here; empty when it is not installed. Looked up once."""
    program = shutil.which("tesseract")
    if program is None:
        return ()
    try:
        done = subprocess.run([program, "--list-langs"], capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    known = done.stdout.decode(errors="replace").split()
    return tuple(language for language in LANGUAGES if language in known)


def missing() -> str:
    """What has to be installed before Chinese text in pictures can be recognised; "" when all is there."""
    return "" if LANGUAGES[0] in languages() else f"请安装 please install: {INSTALL}"


def marks(grey: np.ndarray, seconds: float) -> list[Word]:
    """All that tesseract takes for words in a grey picture, (height, width) of uint8, in reading order.

    Raises ReadError when tesseract fails, or takes more than `seconds` or than it should for so many pixels.
    """
    options = ("-l", "+".join(languages()), "--dpi", "300", "--psm", "3", "tsv")
    return list(words(say(grey, options, seconds)))


def _limit_cpu(process: int, pixels: int) -> None:
    """Let a program that recognises so many pixels take no more of the processor than it should."""
    if hasattr(resource, "prlimit"):  # Linux
        most = math.ceil(CPU_SECONDS + PER_MEGAPIXEL * pixels / 1e6)
        with suppress(ProcessLookupError, PermissionError, ValueError):  # it has ended, or its limit is lower
            resource.prlimit(process, resource.RLIMIT_CPU, (most, most))


def say(grey: np.ndarray, options: Sequence[str], seconds: float) -> str:
    """What tesseract says of a grey picture. Raises ReadError as `marks` does."""
    height, width = grey.shape
    program = shutil.which("tesseract") or "tesseract"
    command = [program, "stdin", "stdout", *options]
    picture = b"P5 %d %d 255\n" % (width, height) + np.ascontiguousarray(grey).tobytes()
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # its threads cost more than they bring
    pipe = subprocess.PIPE
    try:
        with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe) as running:
            _limit_cpu(running.pid, grey.size)
            try:
                out, errors = running.communicate(picture, timeout=seconds)
            except subprocess.TimeoutExpired:
                running.kill()
                raise ReadError(
                    f"文字识别超过 {seconds:.0f} 秒 recognition took more than {seconds:.0f} s"
                ) from None
    except OSError as error:
        raise ReadError(f"无法运行 tesseract cannot be run: {error.strerror}") from None
    if running.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise ReadError("文字识别用时过长 recognition took too long for a picture of this size")
    if running.returncode:
        reason = errors.decode(errors="replace").strip().splitlines() or [f"code {running.returncode}"]
        raise ReadError(f"文字识别失败 recognition failed: {reason[-1][:200]}")
    return out.decode("utf-8", errors="replace")


def words(table: str) -> Iterator[Word]:
    """The words in what tesseract says of a picture, as a table with tabs."""
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip():
            continue
        block, paragraph, line, left, top, width, height = (int(cells[k]) for k in (2, 3, 4, 6, 7, 8, 9))
        confidence = float(cells[10])
        box = Box(left, top, left + width, top + height)
        yield Word(cells[11].strip(), box, confidence, (block, paragraph, line))
