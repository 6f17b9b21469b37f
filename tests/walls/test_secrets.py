"""Secrets of the settings and of people, in a run that uses them all: no output has any of them, not even on errors."""

from __future__ import annotations

import io
import logging
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rag.build import open_chatbot
from rag.settings import Settings, load_settings
from tests.ui.serving import silent_model
from ui.access.widgets import ORIGIN_HEADER
from ui.cli import main
from ui.logs import log_to
from ui.screenshot import SAMPLE
from ui.server import create_app

KEY = "sk-canary-7f3a91c0de"
CLIENT_SECRET = "oidc-canary-55b2e8"
PASSWORD = "password-canary-9d41"
WRONG = "wrong-canary-1c77"
ORIGIN = "https://portal.example"
QUESTION = "海岳省有多少家检验检测机构？"


@pytest.fixture
def secrets() -> dict[str, str]:
    """Name → value; a widget's is made by the product and comes later."""
    return {"key": KEY, "client secret": CLIENT_SECRET, "password": PASSWORD, "wrong password": WRONG}


def served(settings: Settings, secrets: dict[str, str]) -> str:
    """Everything that the service says to people who sign in, ask, fail, and look at its figures."""
    said = []
    app = create_app(open_chatbot(settings), settings, chat=False)
    access = app.state.service.access
    access.accounts.add("amei", PASSWORD, "admin")
    stored = "".join(contents_of(file) for file in sorted(settings.home.glob("access.db*")))
    secrets["hash"] = stored.split("$argon2id$", 1)[1][:60]
    secrets["widget"] = access.widgets.add("portal", [ORIGIN], anonymous=True)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:

        def take(method: str, url: str, **options: object) -> None:
            answer = client.request(method, url, **options)  # type: ignore[arg-type]
            said.append(f"{answer.headers} {answer.text}")

        take("POST", "/login", data={"name": "amei", "password": WRONG, "next": "/"})
        take("POST", "/login", data={"name": "amei", "password": PASSWORD, "next": "/api/documents"})
        session = client.cookies.get("zhida_session", "") or next(iter(client.cookies.values()), "")
        assert session
        take("POST", "/api/ask", json={"question": QUESTION})
        take("POST", "/api/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"})
        take("POST", "/v1/chat/completions", json={"messages": [{"role": "user", "content": QUESTION}]})
        take("POST", "/v1/chat/completions", content=b"{", headers={"Authorization": f"Bearer {WRONG}"})
        bad = {"Authorization": f"Bearer {secrets['widget']}", ORIGIN_HEADER: ORIGIN}
        take("POST", "/api/ask", json={"question": QUESTION}, headers=bad)
        for path in (
            "/metrics",
            "/healthz",
            "/readyz",
            "/openapi.json",
            "/api/openapi.json",
            "/api/docs",
            "/nowhere",
        ):
            take("GET", path)
        take("GET", "/api/conversations")
        take("GET", "/api/documents")
    return "\n".join(said)


def contents(folder: Path) -> str:
    """All bytes of all files, those inside of archives unpacked."""
    parts = []
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            data = file.read_bytes()
            parts.append(f"{file.name} " + data.decode("latin-1"))
            if zipfile.is_zipfile(io.BytesIO(data)):
                with zipfile.ZipFile(io.BytesIO(data)) as archive:
                    parts += [
                        f"{name} " + archive.read(name).decode("latin-1") for name in archive.namelist()
                    ]
    return "\n".join(parts)


def leaked(secrets: dict[str, str], said: str) -> list[str]:
    return [name for name, value in secrets.items() if value and value in said]


def test_no_secret_is_in_any_output(tmp_path, monkeypatch, capsys, secrets):
    docs, home, out = tmp_path / "docs", tmp_path / "home", tmp_path / "out"
    docs.mkdir()
    out.mkdir()
    for file in sorted(SAMPLE.rglob("*.txt"))[:3]:
        shutil.copy(file, docs)
    gold = SAMPLE.parent / "gold.jsonl"
    loggers = [logging.getLogger(name) for name in ("zhida", "zhida.requests", "uvicorn.error")]
    before = [(logger, list(logger.handlers), logger.level, logger.propagate) for logger in loggers]
    try:
        with silent_model(0.0) as url:
            monkeypatch.setenv("ZHIDA_CHAT_MODEL", "openai:slow")
            monkeypatch.setenv("ZHIDA_CHAT_MODEL_KEY", KEY)
            monkeypatch.setenv("ZHIDA_CHAT_MODEL_URL", url)
            monkeypatch.setenv("ZHIDA_OIDC_CLIENT_SECRET", CLIENT_SECRET)
            log_to(str(out / "log.jsonl"))
            logging.getLogger("zhida").setLevel(logging.DEBUG)
            assert main(["sync", str(docs), "--home", str(home)]) == 0
            settings = load_settings(home=home, auth="password", log_questions=True)
            said = repr(settings) + str(settings) + served(settings, secrets)
            for command in (
                ["ask", QUESTION, "--json"],
                ["status"],
                ["doctor"],
                ["history", "--json"],
                ["verify"],
                ["user", "list", "--json"],
                ["user", "log", "--json"],
                ["widget", "list", "--json"],
                ["backup", str(out / "backup.zip")],
                ["eval", "run", str(gold), "--limit", "2", "--out", str(out / "run")],
            ):
                at = 1 if command[0] in ("user", "widget") else len(command)
                main([*command[:at], "--home", str(home), *command[at:]])
        # The model has gone: errors, with all that a client says of its last request.
        main(["ask", QUESTION, "--home", str(home)])
        main(["doctor", "--home", str(home)])
        main(["ask", QUESTION, "--home", str(home), "--settings", str(tmp_path / "missing.toml")])
    finally:
        for logger, handlers, level, propagate in before:
            logger.handlers, logger.level, logger.propagate = handlers, level, propagate
    captured = capsys.readouterr()
    said += captured.out + captured.err
    assert (out / "log.jsonl").stat().st_size > 0
    assert list((out / "run").rglob("*"))
    assert "argon2" not in said
    assert leaked(secrets, said) == []
    assert leaked(secrets, contents(out)) == []
    # Answers and what they were made with: their receipts.
    assert leaked(secrets, contents_of_receipts(home)) == []
    # What has to be kept is kept in the one file that is its owner's alone.
    keepers = {file.name for file in home.rglob("*") if file.is_file() and leaked(secrets, contents_of(file))}
    assert keepers <= {"access.db", "access.db-wal"}
    for name in keepers:
        assert (home / name).stat().st_mode & 0o077 == 0


def contents_of(file: Path) -> str:
    return file.read_bytes().decode("latin-1")


def contents_of_receipts(home: Path) -> str:
    """The records of all answers, unpacked."""
    from rag.history import History

    entries = list(History.open(home).receipts(None))
    assert entries
    return "\n".join(str(entry.receipt.as_dict()) for entry in entries)


def test_a_secret_in_an_address_is_not_kept_either(tmp_path):
    from rag.receipts import without_secrets

    shown = without_secrets(f"https://user:{KEY}@models.example/v1?key={KEY}")
    assert KEY not in shown
    assert re.search("models.example", shown)
