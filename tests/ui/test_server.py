"""The web application: routes, headers, and that it talks to nobody else."""

import asyncio
import json
import socket

import pytest
from starlette.testclient import TestClient

from index.errors import AnswererError, LibraryError, SettingsError
from tests.ui.doubles import HOSTILE, ScriptedChatbot, ScriptedLibrary, answered, passage
from ui.commands.serve import bind
from ui.limits import BODY_SIZE
from ui.loopback import is_loopback, names_this_machine
from ui.security import BodyLimit
from ui.server import create_app

ANSWER = answered("问", passage(), "首句在此。")


@pytest.fixture(scope="module")
def chatbot():
    return ScriptedChatbot(
        {"问": ANSWER, "坏": answered("坏", passage(HOSTILE), HOSTILE)},
        library=ScriptedLibrary({7: passage()}),
    )


@pytest.fixture(scope="module")
def client(chatbot):
    with TestClient(create_app(chatbot), base_url="http://127.0.0.1") as client:
        yield client


def events_of(response):
    frames = [frame.split("\n") for frame in response.text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in frames]


def test_ask_answers_in_json(client):
    answer = client.post("/api/ask", json={"question": " 问 "}).json()
    assert answer.pop("answer_id")
    assert answer.pop("conversation_id") == ""
    assert answer == json.loads(json.dumps(ANSWER.as_dict()))
    assert answer["citations"][0]["quote"] == "首句在此。"


def test_ask_streams_the_same_answer_as_events(client):
    response = client.post("/api/ask", json={"question": "问"}, headers={"Accept": "text/event-stream"})
    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_of(response)
    assert [name for name, _ in events][:1] == ["retrieved"]
    assert "".join(data["delta"] for name, data in events if name == "text") == ANSWER.text
    name, done = events[-1]
    assert name == "done"
    assert json.loads(json.dumps(ANSWER.as_dict())).items() <= done.items()


def test_earlier_turns_reach_the_chatbot(client, chatbot):
    client.post("/api/ask", json={"question": "问", "turns": [{"question": "甲", "answer": "乙"}]})
    assert chatbot.asked[-1][1][0].question == "甲"


@pytest.mark.parametrize(
    "body", [{}, {"question": "  "}, {"question": "长" * 2001}, {"question": 7}, {"question": "\ud800"}]
)
def test_a_wrong_question_is_refused(client, body):
    response = client.post("/api/ask", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert "question" in response.json()["error"]


def test_a_model_that_fails_gives_one_line():
    app = create_app(ScriptedChatbot(error=AnswererError("模型断了")))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        response = client.post("/api/ask", json={"question": "问"})
        assert (response.status_code, response.json()) == (503, {"error": "模型断了"})
        streamed = client.post("/api/ask", json={"question": "问"}, headers={"Accept": "text/event-stream"})
        assert events_of(streamed)[-1] == ("error", {"error": "模型断了"})


def test_a_source_comes_with_what_stands_around_it(client):
    source = client.get("/api/sources/7").json()
    assert (source["text"], source["speaker"], source["title"]) == (passage().text, "林晓", "信用修复见闻")
    assert [near["text"] for near in source["after"]] == ["后文。"]
    assert client.get("/api/sources/8").status_code == 404
    assert client.get("/api/sources/x").status_code == 422


@pytest.mark.parametrize("number", ["0", "-1", f"{2**63 - 1}", f"{2**63}", "99999999999999999999", "9" * 400])
def test_a_source_that_cannot_exist_is_not_found(client, number):
    response = client.get(f"/api/sources/{number}")
    assert response.status_code == 404
    assert set(response.json()) == {"error"}


@pytest.mark.parametrize(
    "body",
    [
        {"question": "海岳", "documents": ["\ud800"]},
        {"question": "海\udfff岳"},
        {"question": "海岳", "turns": [{"question": "\ud800"}]},
        {"question": "海岳", "turns": [{"question": "问", "answer": "\ud800"}]},
        {"question": "海岳", "turns": [{"question": "问", "standalone_question": "\ud800"}]},
        {"question": "海岳", "documents": ["长" * 1001]},
    ],
)
def test_what_no_document_can_hold_is_refused(client, body):
    response = client.post("/api/ask", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert set(response.json()) == {"error"}


@pytest.mark.parametrize("body", ["[" * 100_000, '{"question": 9' + "9" * 5000 + "}", "{", "\xff"])
def test_what_is_not_json_is_refused_in_the_one_shape(client, body):
    content = body.encode("latin-1")
    response = client.post("/api/ask", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert set(response.json()) == {"error"}


@pytest.mark.parametrize("path", ["/api/ask", "/gradio_api/queue/join", "/gradio_api/upload"])
def test_a_body_that_is_too_large_is_refused(client, path):
    response = client.post(path, content=b" " * (BODY_SIZE + 1), headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert "太大" in response.json()["error"]
    assert "content-security-policy" in response.headers


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ([(b"content-length", b"180000000")], 0),
        ([(b"content-length", b"9" * 5000)], 0),
        ([(b"transfer-encoding", b"chunked")], 6),
    ],
)
def test_no_more_of_a_body_is_read_than_the_limit(headers, read):
    reached, taken, sent = [], [], []

    async def application(scope, receive, send):
        reached.append(scope)

    async def receive():
        taken.append(1)
        return {"type": "http.request", "body": b" " * 20, "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    asyncio.run(BodyLimit(application, most=100)(scope, receive, send))
    assert (reached, len(taken), sent[0]["status"]) == ([], read, 413)


def test_a_body_within_the_limit_is_passed_on_whole(client):
    body = json.dumps({"question": "问"}).encode()
    full = body + b" " * (BODY_SIZE - len(body))
    response = client.post("/api/ask", content=full, headers={"Content-Type": "application/json"})
    assert response.json()["answer"] == ANSWER.text


def test_a_library_that_cannot_be_read_any_more_is_told_in_the_one_shape():
    library = ScriptedLibrary({7: passage()})
    with TestClient(create_app(ScriptedChatbot(library=library)), base_url="http://127.0.0.1") as client:
        library.error = LibraryError("资料库损坏 the catalog is damaged")
        for path in ("/readyz", "/api/sources/7"):
            response = client.get(path)
            assert (response.status_code, response.json()) == (503, {"error": str(library.error)})
        assert client.get("/healthz").status_code == 200


def test_a_defect_is_told_in_the_one_shape_and_keeps_its_secrets(caplog):
    library = ScriptedLibrary({7: passage()})
    chatbot = ScriptedChatbot(error=RuntimeError("秘密"), library=library)
    app = create_app(chatbot)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        library.error = RuntimeError("秘密")
        for response, status in (
            (client.post("/api/ask", json={"question": "问"}), 500),
            (client.get("/api/sources/7"), 500),
            (client.get("/readyz"), 503),
        ):
            assert response.status_code == status
            assert set(response.json()) == {"error"}
            assert "秘密" not in response.text
            assert "content-security-policy" in response.headers


def test_health(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["passages"] == 134


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/sources/7", "/api/sources/8", "/theme.css"])
def test_every_response_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    for rule in (
        "default-src 'self'",
        "form-action 'self'",
        "object-src 'none'",
        "img-src 'self' data: blob:",
    ):
        assert rule in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/api/sources/7", "/config"])
def test_no_foreign_origin_is_let_in(client, path):
    headers = client.get(path, headers={"Origin": "http://evil.example"}).headers
    assert "access-control-allow-origin" not in headers
    assert "access-control-allow-credentials" not in headers


def test_a_foreign_host_name_is_refused(client):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    for host in ("localhost:7860", "LOCALHOST", "127.0.0.1", "127.0.0.2:80", "[::1]:7860"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200
    refused = client.get("/healthz", headers={"Host": "127.0.0.1.evil.example"})
    assert (refused.status_code, set(refused.json())) == (400, {"error"})


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.2", "127.8.9.1", "localhost", "::1", "10.0.0.1", "::", ""]
)
def test_where_serve_may_listen_requests_are_answered(host):
    header = f"[{host}]:7860" if ":" in host else f"{host}:7860"
    assert names_this_machine(header) == is_loopback(host)


def test_no_other_host_header_names_this_machine():
    for header in (
        "",
        ":",
        "[",
        "[]",
        "::1",
        "a@127.0.0.1",
        "127.0.0.1:x",
        "evil.example:127.0.0.1",
        "[127.0.0.1",
        "127.0.0.1 ",
    ):
        assert not names_this_machine(header)


def test_no_page_of_the_framework_is_open(client):
    for path in ("/docs", "/redoc", "/monitoring"):
        assert client.get(path).status_code in (403, 404)
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False
    assert config["footer_links"] == []


def test_nothing_is_looked_up_or_reached_beyond_this_machine(monkeypatch, chatbot):
    reached = []
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def looked_up(host, *rest, **options):
        if host not in (None, "", "127.0.0.1", "localhost", "::1"):
            reached.append(host)
        return look_up(host, *rest, **options)

    def connected(self, address):
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1"):
            reached.append(address)
        return connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(socket.socket, "connect", connected)
    with TestClient(create_app(chatbot), base_url="http://127.0.0.1") as client:
        client.get("/")
        client.post("/api/ask", json={"question": "问"})
    assert reached == []


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "pyproject.toml", "../pyproject.toml", "%2e%2e/%2e%2e/etc/passwd"]
)
def test_no_file_of_the_machine_is_served(client, path):
    for route in ("/gradio_api/file=", "/file=", "/static/", "/assets/"):
        response = client.get(route + path)
        assert response.status_code in (400, 403, 404, 405), route
        assert "root:" not in response.text
        assert "[project]" not in response.text


def test_only_loopback_addresses_are_served():
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.8.9.1", "localhost", "::1"))
    for host in ("0.0.0.0", "192.168.1.5", "::", "example.org", ""):
        assert not is_loopback(host)
        with pytest.raises(SettingsError, match="127.0.0.1"):
            bind(host, 7860)


def test_a_taken_port_is_told():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SettingsError, match="port is not available"):
            bind("127.0.0.1", other.getsockname()[1])
