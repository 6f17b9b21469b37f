"""Takes the README's pictures of the chat page: `python -m ui.screenshot [FOLDER]`.

Serves the sample corpus from a temporary library and drives Debian's Chromium through Playwright.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "eval" / "sets" / "sample" / "documents"
SHOTS = Path(__file__).parent / "assets" / "screenshots"
CHROMIUM = Path("/usr/bin/chromium")
# No sandbox: it does not work for root, as in a container; the page is our own and local.
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
FIRST = "规模以上装备企业有多少家？"
SECOND = "海岳省有多少家检验检测机构？"


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: its name, the size of the screen in CSS pixels, and whether it is dark."""

    name: str
    width: int
    height: int
    dark: bool = False


PICTURES = (
    Shot("chat", 1280, 800),
    Shot("chat-dark", 1280, 800, dark=True),
    Shot("chat-phone", 390, 844),
    Shot("chat-phone-dark", 390, 844, dark=True),
)


@contextmanager
def served(docs: Path, home: Path, environment: dict[str, str] | None = None) -> Iterator[str]:
    """A `zhida serve` of its own over `docs`; yields its address and ends it, by its id, at the end."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "ui",
        "serve",
        "--docs",
        str(docs),
        "--home",
        str(home),
        "--port",
        str(port),
    ]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if "http://" not in line:
            raise RuntimeError(f"the server ended with code {process.wait()} before it was ready")
        yield line[line.index("http://") :].strip()
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a screen."""
    # Playwright is needed by the people who take pictures and run browser tests only.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        try:
            yield chromium
        finally:
            chromium.close()


def ask(page: Page, question: str) -> None:
    """Types a question, sends it with Enter and waits until its answer is finished."""
    answers = page.locator(".zd-turn").count()
    page.fill("#zd-question", question)
    page.press("#zd-question", "Enter")
    page.locator(".zd-turn").nth(answers).locator(".zd-foot").wait_for()


def take(chromium: Browser, address: str, shot: Shot, folder: Path) -> Path:
    """Asks two questions, opens a citation, and saves the picture."""
    page = chromium.new_page(
        viewport={"width": shot.width, "height": shot.height},
        locale="zh-CN",
        color_scheme="dark" if shot.dark else "light",
        device_scale_factor=2 if shot.width < 500 else 1,
    )
    page.goto(address)
    page.wait_for_selector(".zd-welcome")
    for question in (FIRST, SECOND):
        ask(page, question)
    page.locator(".zd-turn:last-child .zd-follow").first.wait_for()
    page.locator(".zd-answer").last.locator("button.cite").first.click()
    page.wait_for_timeout(800)  # the panel glides to the citation
    file = folder / f"{shot.name}.png"
    page.screenshot(path=str(file))
    page.close()
    return file


def main() -> int:
    """Takes all pictures; 1 with a line of explanation where there is no Chromium."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHOTS
    if not CHROMIUM.is_file():
        print(f"没有 no {CHROMIUM}: apt install chromium", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        served(SAMPLE, Path(home) / "home") as address,
        browser() as chromium,
    ):
        for shot in PICTURES:
            print(take(chromium, address, shot, folder))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
