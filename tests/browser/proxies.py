"""Debian's nginx with the example that users get, for what stands behind it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.waiting import PATIENCE, until
from ui.screenshot import free_port
from ui.widget.routes import PAGES

NGINX = Path("/usr/sbin/nginx")


@contextmanager
def nginx(below: str, beside: str, folder: Path) -> Iterator[str]:
    """README's nginx with a self-signed certificate: /bot/ is served by `below`, all else by `beside`."""
    if not NGINX.is_file():
        pytest.skip(f"SKIPPED: no {NGINX}; install Debian's package nginx-light to test what is behind it")
    if shutil.which("openssl") is None:
        pytest.skip("SKIPPED: no openssl to make a certificate with")
    port = free_port()
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout {folder}/key -out {folder}/pem".split(),
        check=True,
        capture_output=True,
    )
    example = (PAGES.parent / "examples" / "nginx.conf").read_text(encoding="utf-8")
    for said, meant in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/bot.example.pem": f"{folder}/pem",
        "/etc/ssl/bot.example.key": f"{folder}/key",
        "http://127.0.0.1:7860;": f"{below};",
        "server_name bot.example;": f"server_name localhost; location / {{ proxy_pass {beside}; }}",
    }.items():
        assert said in example
        example = example.replace(said, meant)
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;"
        f"events {{}} http {{ access_log off; {paths} {example} }}",
        encoding="utf-8",
    )
    process = subprocess.Popen([NGINX, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
    try:
        with httpx.Client(verify=False, timeout=PATIENCE) as client:
            until(lambda: _answers(client, port) or process.poll() is not None)
        assert process.poll() is None, (folder / "error.log").read_text()
        yield f"https://localhost:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _answers(client: httpx.Client, port: int) -> bool:
    with suppress(httpx.TransportError):
        client.get(f"https://127.0.0.1:{port}/bot/healthz")
        return True
    return False
