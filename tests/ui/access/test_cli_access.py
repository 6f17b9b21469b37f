"""`zhida user`, `zhida collection` and `zhida widget`."""

import io
import json

import pytest

from ui.cli import main

PASSWORD = "correct horse battery"


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    def call(*arguments, stdin="", code=0):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        assert main([arguments[0], "--home", str(tmp_path), *arguments[1:]]) == code
        return capsys.readouterr()

    return call


def listed(run, command):
    return [json.loads(line) for line in run(command, "list", "--json").out.splitlines()]


def test_users(run):
    run("user", "add", "amei", "--group", "rd", "--password-stdin", stdin=PASSWORD + "\n")
    run("user", "add", "outside", "--no-password", "--role", "editor")
    run("user", "groups", "amei", "qa", "rd")
    run("user", "role", "amei", "admin")
    run("user", "passwd", "amei", "--password-stdin", stdin=PASSWORD + "2\n")
    run("user", "disable", "outside")
    amei, outside = listed(run, "user")
    assert (amei["name"], amei["role"], amei["groups"], amei["has_password"]) == (
        "amei",
        "admin",
        ["qa", "rd"],
        True,
    )
    assert (outside["disabled"], outside["has_password"]) == (True, False)
    run("user", "enable", "outside")
    assert not listed(run, "user")[1]["disabled"]
    log = [json.loads(line) for line in run("user", "log", "--json").out.splitlines()]
    assert [line["action"] for line in log] == [
        "user add",
        "user add",
        "user groups",
        "user role",
        "user passwd",
        "user disable",
        "user enable",
    ]
    assert PASSWORD not in json.dumps(log)


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("user", "add", "amei", "--password-stdin"), "short\n"),
        (("user", "add", "amei"), ""),
        (("user", "add", "a/b", "--no-password"), ""),
        (("user", "passwd", "nobody", "--password-stdin"), PASSWORD),
        (("user", "enable", "nobody"), ""),
        (("widget", "rotate", "none"), ""),
        (("widget", "add", "x", "--origin", "*"), ""),
        (("collection", "allow", "~x", "g"), ""),
        (("collection", "deny", "x", "g"), ""),
    ],
)
def test_a_mistake_is_one_line_and_code_2(run, arguments, stdin):
    said = run(*arguments, stdin=stdin, code=2)
    assert said.out == "" and len(said.err.splitlines()) == 1


def test_widgets(run):
    first = run("widget", "add", "portal", "--origin", "https://portal.example", "--anonymous").out.strip()
    second = run("widget", "rotate", "portal").out.strip()
    assert len(first) == len(second) == 64 and first != second
    (widget,) = listed(run, "widget")
    assert widget == {
        "id": "portal",
        "origins": ["https://portal.example"],
        "anonymous": True,
        "collections": [],
        "revoked": "",
    }
    run("widget", "revoke", "portal")
    assert listed(run, "widget")[0]["revoked"]


def test_collections(home, tmp_path, capsys):
    import shutil

    copy = tmp_path / "home"
    shutil.copytree(home, copy)
    for arguments in (["allow", "研发", "rd", "qa"], ["deny", "研发", "qa"], ["allow", "", "public"]):
        assert main(["collection", "--home", str(copy), *arguments]) == 0
    assert main(["collection", "--home", str(copy), "list", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"collection": "", "groups": ["everyone", "public"], "there": True} in lines
    assert {"collection": "研发", "groups": ["rd"], "there": False} in lines
