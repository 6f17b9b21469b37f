"""What the package's code must not do: run data as code, read pickles, start a shell, ask the network at import."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from ui.cli import main

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("index", "rag", "eval", "ui")
MODULES = {
    "pickle",
    "cPickle",
    "_pickle",
    "marshal",
    "shelve",
    "dill",
    "cloudpickle",
    "joblib",
    "jsonpickle",
    "dbm",
}
CALLS = {"eval", "exec", "compile", "__import__", "execfile"}
ATTRIBUTES = {
    ("os", "system"),
    ("os", "popen"),
    ("yaml", "load"),
    ("yaml", "unsafe_load"),
    ("yaml", "full_load"),
    ("torch", "load"),
    ("pd", "read_pickle"),
    ("FAISS", "load_local"),
    ("jieba", "enable_paddle"),
    ("tempfile", "mktemp"),
    ("ssl", "_create_unverified_context"),
}
FORBIDDEN_OPTIONS = {
    "allow_pickle": True,
    "allow_dangerous_deserialization": True,
    "trust_remote_code": True,
    "shell": True,
    "verify": False,
    "weights_only": False,
}


def faults(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, what) of everything forbidden."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            names = [module, *(f"{module}.{alias.name}".strip(".") for alias in node.names)]
            if {name.split(".")[0] for name in names} & MODULES:
                yield node.lineno, f"import {names[-1]}"
            if module.startswith("langchain_core.load") or "langchain_core.load" in names:
                yield node.lineno, "langchain's load makes objects of any class"
        elif isinstance(node, ast.Call):
            yield from _of_call(node)


def _of_call(node: ast.Call) -> Iterator[tuple[int, str]]:
    called = node.func
    if isinstance(called, ast.Name) and called.id in CALLS:
        yield node.lineno, f"{called.id}()"
    options = {keyword.arg: keyword.value for keyword in node.keywords}
    if isinstance(called, ast.Attribute):
        owner = called.value.id if isinstance(called.value, ast.Name) else ""
        if (owner, called.attr) in ATTRIBUTES:
            yield node.lineno, f"{owner}.{called.attr}()"
        if owner in ("np", "numpy") and called.attr == "load":
            given = options.get("allow_pickle")
            if not (isinstance(given, ast.Constant) and given.value is False):
                yield node.lineno, "np.load() without allow_pickle=False"
    for name, bad in FORBIDDEN_OPTIONS.items():
        given = options.get(name)
        if isinstance(given, ast.Constant) and given.value is bad:
            yield node.lineno, f"{name}={bad}"


def test_no_code_of_the_package_does_what_it_must_not():
    found, files = [], 0
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            files += 1
            tree = ast.parse(file.read_text(encoding="utf-8"))
            found += [f"{file.relative_to(ROOT)}:{line}: {what}" for line, what in faults(tree)]
    assert files > 200
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib as j",
        "eval('1')",
        "exec(text)",
        "yaml.load(text)",
        "np.load(file)",
        "np.load(file, allow_pickle=True)",
        "torch.load(file)",
        "subprocess.run(line, shell=True)",
        "FAISS.load_local(folder)",
        "httpx.get(url, verify=False)",
        "from langchain_core.load import loads",
        "AutoModel.from_pretrained(name, trust_remote_code=True)",
    ],
)
def test_each_would_be_found(code):
    assert list(faults(ast.parse(code)))


@pytest.mark.parametrize(
    "code", ["np.load(file, allow_pickle=False)", "json.loads(text)", "re.compile(text)"]
)
def test_what_is_allowed(code):
    assert not list(faults(ast.parse(code)))


def test_a_library_is_made_searched_and_saved_without_a_pickle(tmp_path, monkeypatch, capsys):
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("something was unpickled")

    docs, home = tmp_path / "docs", str(tmp_path / "home")
    docs.mkdir()
    for number, text in enumerate(("计量器具应当按周期送检校准。", "校准证书由计量室保存三年。")):
        (docs / f"{number}.txt").write_text(text, encoding="utf-8")
    for name in ("load", "loads", "Unpickler", "_load", "_loads"):
        monkeypatch.setattr(pickle, name, forbidden)
    for command in (
        ["sync", str(docs), "--home", home],
        ["ask", "校准证书由计量室保存几年？", "--home", home],
        ["search", "校准证书", "--home", home],
        ["backup", str(tmp_path / "b.zip"), "--home", home],
        ["restore", str(tmp_path / "b.zip"), "--home", home],
        ["verify", "--home", home],
        ["ask", "校准证书由计量室保存几年？", "--home", home],
    ):
        capsys.readouterr()
        assert main(command) == 0, command
    assert "三年" in capsys.readouterr().out
