"""`zhida serve --no-chat` as a process: quick to start, says when it is ready, stops as it is told."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.ui.serving import silent_model
from tests.waiting import PATIENCE, until
from ui.server import GRACE

QUESTION = {"question": "校准周期是多少天？"}
LIBRARIES = "import fastapi, uvicorn, sqlalchemy, numpy, jieba, tantivy, tokenizers"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(home, *more, **environment):
    """(process, address) of a server over `home`; ended by its id."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "ui",
        "serve",
        "--no-chat",
        "--home",
        str(home),
        "--port",
        str(port),
        *more,
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
    )
    try:
        assert "已就绪" in process.stdout.readline()
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def cpu_seconds_to_import(libraries):
    # Of a process that has started as `served` does, and ends by itself.
    before = os.times()
    subprocess.run([sys.executable, "-c", libraries], check=True, env={**os.environ, "PYTHONUTF8": "1"})
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_it_is_ready_soon_and_logs_lines_of_json(home, tmp_path):
    log = tmp_path / "log.jsonl"
    with served(home, ZHIDA_LOG_FILE=str(log)) as (process, url):
        used = cpu_seconds(process.pid)
        loaded = Path(f"/proc/{process.pid}/maps").read_text("utf-8")
        assert httpx.get(f"{url}/readyz", timeout=PATIENCE).status_code == 200
        assert httpx.get(f"{url}/", timeout=PATIENCE).status_code == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert "torch" not in loaded and "pandas" not in loaded
    assert json.loads(log.read_text("utf-8").splitlines()[0])["route"] == "/readyz"
    # By measure twice what the libraries that it cannot do without take to be imported.
    assert used < 3.5 * cpu_seconds_to_import(LIBRARIES)


def test_answers_under_way_are_finished_after_a_signal(home):
    pytest.importorskip("langchain_openai", reason="SKIPPED: langchain-openai is not installed")
    asked = threading.Event()
    with (
        silent_model(1.5, asked) as model,
        served(home, ZHIDA_CHAT_MODEL="openai:slow", ZHIDA_CHAT_MODEL_URL=model) as (process, url),
    ):
        answers = []

        def ask():
            answers.append(httpx.post(f"{url}/api/ask", json=QUESTION, timeout=PATIENCE))

        thread = threading.Thread(target=ask)
        thread.start()
        assert asked.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        thread.join()
        assert process.wait(PATIENCE) == 0
    assert answers[0].status_code == 200


def test_a_second_signal_ends_it_now(home):
    pytest.importorskip("langchain_openai", reason="SKIPPED: langchain-openai is not installed")
    asked = threading.Event()
    with (
        silent_model(2 * PATIENCE, asked) as model,
        served(
            home, ZHIDA_CHAT_MODEL="openai:slow", ZHIDA_CHAT_MODEL_URL=model, ZHIDA_CHAT_MODEL_TIMEOUT="600"
        ) as (process, url),
    ):
        thread = threading.Thread(target=lambda: _ask(url), daemon=True)
        thread.start()
        assert asked.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        until(lambda: not listens(url))
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(GRACE - 5) == 0  # after which it would end all by itself


def listens(url):
    with suppress(httpx.ConnectError):
        return httpx.get(f"{url}/healthz", timeout=PATIENCE).status_code
    return False


def _ask(url):
    with suppress(httpx.HTTPError):
        httpx.post(f"{url}/api/ask", json=QUESTION, timeout=2 * PATIENCE)
