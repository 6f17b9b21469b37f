"""A browser that notices what a hostile text does: calls, requests to elsewhere, forms, layers over the page.

Every host name leads to a canary on this machine, so that even a look-ahead connection without a request is heard.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ui import screenshot

# Defined in every frame before anything else runs.
HOOK = """
for (const name of ['hit', 'alert', 'confirm', 'prompt', 'print']) window[name] = () => { console.log('HIT ' + name); };
"""

# What stands in `root` that only foreign markup brings; `allowed` are kinds of elements of the page's own.
INSPECT = """([root, allowed]) => {
  const kinds = ('script style link meta base iframe frame object embed img image picture video audio source track math svg '
    + 'template marquee dialog canvas form input textarea select table portal fencedframe font center').split(' ');
  const own = new Set(allowed);
  const found = [];
  for (const element of document.querySelectorAll(`:is(${root}) *`)) {
    if (kinds.includes(element.localName) && !own.has(element.localName)) found.push(element.outerHTML.slice(0, 120));
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name) || (/^(href|src|srcdoc|action|formaction|data|.*:href)$/.test(name) && /^[\\s\\x00-\\x1f]*(javascript|data|vbscript)/i.test(value))
        || (name === 'style' && /url|position|fixed/i.test(value))) found.push(`${name}=${value}`.slice(0, 120));
      const away = element.origin && element.origin !== location.origin && element.rel !== 'noopener noreferrer';
      if (name === 'href' && away) found.push(element.outerHTML.slice(0, 120));
    }
  }
  for (const form of document.forms) {
    if (new URL(form.action, location).origin !== location.origin) found.push('form ' + form.action);
  }
  if (window.hacked !== undefined) found.push('window.hacked');
  return found;
}"""

# Elements that lie over most of the screen, by kind and class.
LAYERS = """() => [...document.querySelectorAll('body *')].filter((element) => {
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  if (!['fixed', 'absolute', 'sticky'].includes(style.position) || style.visibility !== 'visible') return false;
  const width = Math.min(innerWidth, box.right) - Math.max(0, box.left);
  const height = Math.min(innerHeight, box.bottom) - Math.max(0, box.top);
  return width > 0 && height > 0 && width * height > 0.6 * innerWidth * innerHeight;
}).map((element) => element.localName + '.' + element.className)"""


CHROMIUMS_OWN = (b"google", b"gvt1", b"chromium")
"""In what the browser itself says to its makers; nothing of ours names them."""


class Canary:
    """A server that nobody should speak to; `heard` has the first bytes of who did."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def address(self) -> str:
        """Where it is on this machine."""
        return f"http://127.0.0.1:{self.port}"

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, suppress(OSError):
                    connection.settimeout(0.2)
                    said = connection.recv(8000)
                    if not any(name in said for name in CHROMIUMS_OWN):
                        self.heard.append(said or b"connected")

    def close(self) -> None:
        self._listener.close()


class Watch:
    """What pages of one browser profile did; `own` tells which addresses they may ask for."""

    def __init__(self, context: object, canary: Canary, own: Callable[[str], bool]) -> None:
        self.context = context
        self.canary = canary
        self.hits: list[str] = []
        self.outside: list[str] = []
        self._own = own
        context.add_init_script(HOOK)  # type: ignore[attr-defined]
        context.on("request", self._request)  # type: ignore[attr-defined]
        context.on("console", self._console)  # type: ignore[attr-defined]
        context.on("dialog", self._dialog)  # type: ignore[attr-defined]

    def _request(self, request) -> None:
        if not request.url.startswith(("data:", "blob:", "about:")) and not self._own(request.url):
            self.outside.append(request.url)

    def _console(self, message) -> None:
        if message.text.startswith("HIT "):
            self.hits.append(message.text)

    def _dialog(self, dialog) -> None:
        self.hits.append("dialog")
        dialog.dismiss()

    def assert_silent(self) -> None:
        """Nothing ran, nothing was asked for, nobody was connected to."""
        assert self.hits == []
        assert self.outside == []
        assert self.canary.heard == []


@contextmanager
def watched_browser(canary: Canary) -> Iterator[object]:
    """Chromium, for which every name but this machine's is the canary."""
    from playwright.sync_api import sync_playwright

    rules = f"MAP * 127.0.0.1:{canary.port},EXCLUDE 127.0.0.1"
    flags = [
        *screenshot.FLAGS,
        f"--host-resolver-rules={rules}",
        "--disable-features=Translate,OptimizationHints",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(screenshot.CHROMIUM), args=flags)
        try:
            yield chromium
        finally:
            chromium.close()


def bare(text: str) -> str:
    """What of a text has to be seen: without white space, characters that show nothing, and our own marks and bold."""
    return re.sub(
        r"[\s*\[\]\x00-\x1f\x7f\ue000-\uf8ff\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", "", text
    )


def missing(texts: list[str], shown: str) -> list[str]:
    """Those of `texts` that `shown` does not hold letter by letter."""
    everything = bare(shown)
    return [text for text in texts if bare(text) not in everything]
