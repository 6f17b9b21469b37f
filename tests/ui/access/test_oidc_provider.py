"""Signing in at a real identity provider on this machine: npm's oidc-provider, driven as a browser would."""

import re
import select
import shutil
import socket
import subprocess
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from rag.settings import Settings
from tests.ui.doubles import ScriptedChatbot
from tests.ui.serving import serving
from tests.waiting import PATIENCE
from ui.access.sessions import COOKIE
from ui.server import create_app

MODULES = Path(__file__).parents[3] / "build" / "node" / "oidc-provider"
PACKAGE = "oidc-provider@9.13.3"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def modules():
    """The folder that the package is installed in."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no node and npm here: the flow is only tested against the tests' own provider")
    if not (MODULES / "node_modules" / "oidc-provider").is_dir():
        quietly = [
            "--no-audit",
            "--no-fund",
            "--silent",
            "--fetch-retries=1",
            "--fetch-retry-mintimeout=1000",
        ]
        command = ["npm", "install", *quietly, "--prefix", str(MODULES), PACKAGE]
        try:
            MODULES.mkdir(parents=True, exist_ok=True)
            subprocess.run(command, check=True, timeout=120, capture_output=True)
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"npm cannot install {PACKAGE} here: {error}")
    return MODULES


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def forms(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """Where the page's form goes, and its hidden fields."""
    action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
    assert action, page.text[:500]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return urljoin(str(page.url), unescape(action[1])), dict(hidden)


def test_somebody_signs_in_there_and_is_known_here(modules):
    bot, chatbot, port = free_port(), ScriptedChatbot(), free_port()
    public = f"http://127.0.0.1:{bot}"
    script = Path(__file__).with_name("provider.mjs")
    command = ["node", str(script), str(modules), str(port), f"{public}/login/callback"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], PATIENCE)[0], "the provider does not start"
        assert process.stdout.readline().strip() == "ready"
        settings = Settings(
            home=chatbot.library.home,
            auth="oidc",
            oidc_issuer=f"http://127.0.0.1:{port}",
            oidc_client_id="zhida",
            oidc_client_secret="a-secret-of-the-test",
            oidc_user_claim="preferred_username",
            public_url=public,
        )
        app = create_app(chatbot, settings, chat=False)
        app.state.service.access.accounts.allow("研发", ["rd"])
        with serving(app, bot) as address, httpx.Client(follow_redirects=True, timeout=PATIENCE) as browser:
            page = browser.get(f"{address}/login/start", params={"next": "/api/conversations"})
            assert page.url.port == port
            action, fields = forms(page)
            page = browser.post(action, data={**fields, "login": "amei", "password": "anything"})
            action, fields = forms(page)  # may this service know who you are?
            page = browser.post(action, data=fields)
            assert (str(page.url), page.json()) == (f"{address}/api/conversations", {"conversations": []})
            cookie = next(each.value for each in browser.cookies.jar if each.name == COOKIE)
            subject = app.state.service.access._from_session(cookie)
            assert (subject.name, subject.reads) == ("amei@corp.example", {"", "研发"})
            app.state.service.access.accounts.disable("amei@corp.example")
            assert browser.get(f"{address}/api/conversations").status_code == 401
    finally:
        process.terminate()
        process.wait(PATIENCE)
