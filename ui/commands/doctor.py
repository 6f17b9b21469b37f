"""`zhida doctor`: is this machine set up to run Zhida, and if not, what to do.

Looks without loading: packages are asked for their version, not imported, so that it answers at once
and works where an import would fail.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from index.errors import LibraryError, ZhidaError
from rag.settings import Settings
from ui.commands.options import settings_of
from ui.console import as_json, say

HELP = "检查本机环境 check this machine"
PYTHON = (3, 11)
PACKAGES = (
    "numpy",
    "faiss-cpu",
    "tantivy",
    "jieba",
    "sqlalchemy",
    "tokenizers",
    "safetensors",
    "opencc",
    "tqdm",
    "langchain",
    "gradio",
    "fastapi",
    "uvicorn",
    "sentence-transformers",
)
OWNERS = ("", "sentence-transformers--")  # a name without an owner belongs to the latter
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` is the way out when it is not ok."""

    name: str
    ok: bool
    found: str
    advice: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida doctor`."""
    parser.add_argument("--json", action="store_true", help="输出 JSON print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Prints the findings; 1 if one of them is a problem."""
    settings = settings_of(arguments)
    findings = [finding for check in CHECKS for finding in check(settings)]
    sound = all(finding.ok for finding in findings)
    if arguments.json:
        say(as_json({"ok": sound, "findings": [asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            advice = f" → {finding.advice}" if not finding.ok else ""
            say(f"{'正常 ok     ' if finding.ok else '问题 problem'} {finding.name}: {finding.found}{advice}")
    return 0 if sound else 1


def check_python(_: Settings) -> Iterator[Finding]:
    """The interpreter's version."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("Python", sys.version_info >= PYTHON, found, "需要 3.11 或更新 needs 3.11 or newer")


def check_packages(_: Settings) -> Iterator[Finding]:
    """Every package that Zhida needs is installed."""
    for package in PACKAGES:
        try:
            yield Finding(package, True, metadata.version(package))
        except metadata.PackageNotFoundError:
            yield Finding(package, False, "未安装 not installed", "在项目文件夹运行 run `make venv`")


def check_model(settings: Settings) -> Iterator[Finding]:
    """The embedding model loads and gives vectors; one that needs torch is only looked for."""
    name = settings.embedding_model
    # The model's packages may be what is missing, so they are loaded inside the check.
    try:
        if not loads_quickly(name):
            places = (
                Path(name).expanduser(),
                *(hub() / f"models--{owner}{name.replace('/', '--')}" for owner in OWNERS),
            )
            there = any(place.exists() for place in places)
            advice = "把模型文件夹复制到本机，在设置中写路径 copy its folder here and give the path"
            yield Finding(
                "embedding model", there, name if there else f"本机没有 not on this machine: {name}", advice
            )
            return
        from index.embed import open_embedder

        embedder = open_embedder(name)
        length = float((embedder.encode(["质量"], "query") ** 2).sum()) ** 0.5
    except (ZhidaError, ImportError) as error:
        advice = (
            "重新安装，或在设置中清空 embedding_model reinstall, or clear embedding_model in the settings"
        )
        yield Finding("embedding model", False, str(error), advice)
        return
    found = f"{embedder.name} · {embedder.dimension} 维 dimensions"
    yield Finding(
        "embedding model", abs(length - 1) < 0.01, found, "模型文件损坏 the model's files are damaged"
    )


def loads_quickly(model: str) -> bool:
    """Whether this embedding model is read without torch, which takes seconds to import."""
    from index.embed import is_static

    return model in ("", "default") or is_static(Path(model).expanduser())


def hub() -> Path:
    """Where the Hugging Face libraries keep models on this machine, by their documented variables."""
    home = os.environ.get("HF_HOME", str(Path.home() / ".cache" / "huggingface"))
    return Path(os.environ.get("HF_HUB_CACHE", str(Path(home) / "hub")))


def check_home(settings: Settings) -> Iterator[Finding]:
    """The home folder can be written, and holds a library that fits the model."""
    home = settings.home
    ground = next(folder for folder in (home.absolute(), *home.absolute().parents) if folder.exists())
    writable = ground.is_dir() and os.access(ground, os.W_OK)
    yield Finding(
        "home", writable, str(home.absolute()), f"无写权限，换 --home no permission to write in {ground}"
    )
    if not (home / "catalog.db").is_file():
        yield Finding("library", True, "还没有建立 none yet: `zhida sync FOLDER`")
        return
    try:
        if not loads_quickly(settings.embedding_model):
            yield Finding("library", True, "已有，未打开 there is one, not opened")
            return
        from rag.build import open_library

        status = open_library(settings).status()
    except (LibraryError, ImportError) as error:
        yield Finding("library", False, str(error), "按提示处理 do as it says")
    except ZhidaError:
        pass  # the model cannot be loaded, which is a finding of its own
    else:
        yield Finding("library", True, f"{status.documents} 份文件 documents · {status.passages} 段 passages")


def check_network(settings: Settings) -> Iterator[Finding]:
    """Nothing would send requests away from this machine unasked."""
    proxies = [name for name in PROXIES if os.environ.get(name)]
    url = settings.chat_model_url
    # A proxy only matters where a language model is called, and must not stand before a local one.
    concerned = bool(proxies and url and not os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")))
    found = ", ".join(proxies) or "无 none"
    yield Finding(
        "proxy", not concerned, found, f"请求会经代理 requests to {url} go through it; 设 set NO_PROXY"
    )
    offline = [name for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") if os.environ.get(name) == "1"]
    yield Finding(
        "offline", len(offline) == 2, ", ".join(offline), "不要改动这些变量 leave these variables alone"
    )


def check_settings_file(settings: Settings) -> Iterator[Finding]:
    """Which settings are in force; wrong ones end the program before this."""
    file = Path("zhida.toml")
    model = settings.chat_model or "摘录 extraction"
    yield Finding("settings", True, f"{file if file.is_file() else '默认 defaults'} · 回答 answers: {model}")


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    check_python,
    check_packages,
    check_settings_file,
    check_model,
    check_home,
    check_network,
)
