"""The chat page: a Gradio Blocks app of one custom component, around `Service.stream`.

The component carries no content. It is the page's way to Python: "ask" and "stop" are Gradio events, whose queue
streams the states of an answer (ui.page.talk); everything else calls a function of ui.page.desk. What these send is put
on the page by assets/chat/*.js. A stock gr.Chatbot sends and renders all messages again for every step, three to five
times the server's work, and lets forms and outside pictures through.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gradio as gr

from ui.page.desk import Desk
from ui.page.talk import Talk
from ui.service import Service

ASSETS = Path(__file__).parent / "assets"
FONTS = ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "system-ui", "sans-serif")

POLL = 0.02  # seconds between two looks into the queue of events

CONNECT = """
watch('value', () => Zhida.take(props.value));
Zhida.connect({ask: (data) => trigger('ask', data), stop: () => trigger('stop'), server});
"""


def build_page(service: Service) -> Any:
    """The page, a gr.Blocks, to be mounted with the options of `look`.

    Gradio's queue lets everybody in: who is answered when is for the service's admission to say.
    """
    _do_without("matplotlib")
    talk, desk = Talk(service), Desk(service)
    desk.examples()  # now rather than with the first visitor; it loads the word segmenter as well
    with gr.Blocks(title="质答 Zhida", analytics_enabled=False, fill_width=True) as page:
        gr.HTML(
            elem_id="zd-root", html_template='<div id="zd"></div>', js_on_load=None, apply_default_css=False
        )
        link = gr.HTML(
            elem_id="zd-link",
            html_template="",
            js_on_load=CONNECT,
            apply_default_css=False,
            server_functions=desk.functions(),
        )
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        asked = link.ask(talk.ask, None, [link], trigger_mode="multiple", concurrency_limit=None, **quiet)
        link.stop(None, None, None, cancels=[asked], queue=False, **quiet)
    page.queue(max_size=None)
    # Gradio looks for new events a thousand times a second, which costs a twentieth of a core while nobody asks.
    page._queue.sleep_when_free = POLL
    page._queue.progress_update_sleep_when_free = 1.0
    return page


def _do_without(package: str) -> None:
    """Lets Python remember that a package is not installed.

    Gradio tries to import matplotlib twice for each state of an answer, and each time Python looks through all folders.
    """
    if find_spec(package) is None:
        sys.modules[package] = None  # type: ignore[assignment]


def look() -> dict[str, Any]:
    """Theme, style sheet and script, as gr.mount_gradio_app takes them."""
    theme = gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        font=FONTS,
        font_mono=("ui-monospace", "Consolas", "monospace"),
    )
    # Style and script go into the head as they are: Gradio would put its own scope before every selector.
    style = "\n".join(read("css"))
    script = "\n".join(read("js"))
    return {"theme": theme, "head": f"<style>{style}</style><script>{script}</script>"}


def read(kind: str) -> list[str]:
    """The page's own files of one kind, in the order of their names."""
    return [file.read_text(encoding="utf-8") for file in sorted((ASSETS / "chat").glob(f"*.{kind}"))]
