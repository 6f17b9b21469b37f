"""`zhida serve`: the chat page and the API on this machine."""

from __future__ import annotations

import argparse
import shlex
import socket
import sys
from pathlib import Path

from index.errors import ModelMismatch, ReadError, SettingsError
from ui.commands.options import settings_of, whole_number
from ui.console import note, say
from ui.loopback import is_loopback

HELP = "打开问答网页 serve the chat page on this machine"
LAST_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida serve`."""
    parser.add_argument("--docs", type=Path, metavar="FOLDER", help="先同步此文件夹 sync this folder first")
    parser.add_argument(
        "--host", help="监听地址，无登录时只限本机 loopback only unless people sign in (127.0.0.1)"
    )
    parser.add_argument("--port", type=whole_number(LAST_PORT), metavar="N", help="端口 port (7860)")
    parser.add_argument(
        "--base-path",
        metavar="PATH",
        help="代理之下的路径 the path below which a proxy serves this, such as /bot",
    )
    parser.add_argument(
        "--no-chat", action="store_true", help="只要接口，不要网页 the API alone, without the chat page"
    )


def run(arguments: argparse.Namespace) -> int:
    """Syncs, says where the page is once it can be opened, and serves until it is stopped."""
    settings = settings_of(arguments, host=arguments.host, port=arguments.port, base_path=arguments.base_path)
    # Everything that is imported within here takes a second or more.
    from ui.access.identify import Access
    from ui.access.proxy import base_path

    Access(settings).check()
    # Taking the port first tells a clash at once, before seconds are spent on loading and indexing.
    listener = bind(settings.host, settings.port, settings.auth)
    from rag.build import open_chatbot, open_library
    from rag.dialogue import Dialogue
    from rag.history import History

    try:
        library = open_library(settings, create=arguments.docs is not None)
    except ModelMismatch as error:
        if arguments.docs is None:
            raise
        raise ModelMismatch(
            f"向量模型换了，要重建索引 the embedding model has changed, build the index again: "
            f"`{rebuild_command(arguments)}` ({error})"
        ) from None
    if arguments.docs is not None:
        from ui.commands.sync import report_to_stderr, sync_with_progress

        report = sync_with_progress(library, [arguments.docs])
        report_to_stderr(report)
        if report.message:
            raise ReadError(report.message)
    chatbot = open_chatbot(settings, library)
    note("正在启动 starting…")
    from ui.server import create_app, serve

    dialogue = Dialogue(chatbot, History.open(settings.home), settings)
    app = create_app(dialogue, settings, chat=not arguments.no_chat)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    base = base_path(settings.base_path)
    address = f"http://{host}:{settings.port}{base + '/' if base else ''}"
    serve(app, listener, lambda: say(f"质答已就绪 Zhida is ready: {address}"))
    return 0


def rebuild_command(arguments: argparse.Namespace) -> str:
    """The shell command that rebuilds the library which these arguments of `serve` name."""
    # As this program itself was called: after `make chat` it is .venv/bin/zhida, which no PATH knows.
    program = sys.argv[0] if Path(sys.argv[0]).name == "zhida" else "zhida"
    command = [program, "sync", str(arguments.docs), "--rebuild"]
    for option, value in (("--home", arguments.home), ("--settings", arguments.settings)):
        command += [option, str(value)] if value is not None else []
    return shlex.join(command)


def bind(host: str, port: int, auth: str = "none") -> socket.socket:
    """A socket bound to `host:port`, not yet listening.

    Raises SettingsError for a port that is taken, and where nobody has to say who he is (`auth` is "none"), for a host
    that other machines could reach.
    """
    if auth == "none" and not is_loopback(host):
        raise SettingsError(
            f"没有登录就只能绑定本机地址 without authentication only this machine may connect: "
            f"--host 127.0.0.1, 而不是 not {host}; 或设置登录 or have people sign in: ZHIDA_AUTH=password"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"端口 {port} 用不了（{error.strerror}）port is not available; 换一个 choose another: --port {port + 1}"
        ) from None
    return listener
