"""The API over a real library: documents in and out, conversations, feedback, errors in one shape, leaving."""

import io
import json
import logging
import shutil
import threading
import time
from contextlib import suppress

import httpx
import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from starlette.testclient import TestClient

from rag.answer import Retrieved, Text
from rag.answerers.chat_model import ChatModelAnswerer
from rag.build import open_chatbot
from rag.settings import Settings
from tests.ui.doubles import ScriptedChatbot, answered, passage
from tests.ui.serving import serving
from tests.waiting import PATIENCE, until
from ui.logs import JSONLines
from ui.server import create_app
from ui.uploads import label_of

QUESTION = "仓库温度计的校准周期是多少天？"
STREAM = {"Accept": "text/event-stream"}


@pytest.fixture(scope="module")
def app(home, tmp_path_factory):
    copy = tmp_path_factory.mktemp("api") / "home"
    shutil.copytree(home, copy)
    settings = Settings(home=copy, upload_size=1)
    return create_app(open_chatbot(settings), settings, chat=False)


@pytest.fixture(scope="module")
def client(app):
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def send(client, *files, **fields):
    return client.post("/api/documents", files=[("files", file) for file in files], data=fields)


def names(client, **query):
    return [found["name"] for found in client.get("/api/documents", params=query).json()["documents"]]


# Documents


def test_a_file_that_is_sent_in_is_found_at_once_and_gone_when_removed(client):
    text = "量具室通知\n\n游标卡尺的检定周期为二百一十天，由量具室负责送检。\n".encode()
    response = send(client, ("量具.txt", text))
    assert response.status_code == 201
    (outcome,) = response.json()["documents"]
    assert (outcome["name"], outcome["state"], outcome["error"]) == ("量具.txt", "added", "")
    assert client.get(f"/api/documents/uploads/{outcome['upload_id']}").json() == outcome
    assert "量具.txt" in names(client)
    answer = client.post("/api/ask", json={"question": "游标卡尺的检定周期是多少天？"}).json()
    assert "二百一十天" in answer["answer"]
    assert send(client, ("量具.txt", text)).status_code == 200
    changed = send(client, ("量具.txt", text.replace("二百一十".encode(), "三百".encode())))
    assert changed.json()["documents"][0]["state"] == "updated"
    assert client.delete("/api/documents", params={"name": "量具.txt"}).json() == {"removed": "量具.txt"}
    assert "量具.txt" not in names(client)
    assert client.delete("/api/documents", params={"name": "量具.txt"}).status_code == 404


def test_what_cannot_be_read_is_told_and_the_rest_is_stored(client):
    good = ("好.txt", "检验室每月清点一次标准物质。".encode())
    response = send(client, ("坏.xyz", b"abc"), ("空.txt", b""), ("坏.pdf", b"%PDF-1.4 nothing"), good)
    assert response.status_code == 201
    states = {one["name"]: one for one in response.json()["documents"]}
    assert {name: one["state"] for name, one in states.items()} == {
        "坏.xyz": "failed",
        "空.txt": "failed",
        "坏.pdf": "failed",
        "好.txt": "added",
    }
    assert "不支持" in states["坏.xyz"]["error"]
    client.delete("/api/documents", params={"name": "好.txt"})
    refused = send(client, ("坏.xyz", b"abc"))
    assert refused.status_code == 422
    assert "不支持" in refused.json()["error"]


def test_more_than_the_limit_is_refused(client):
    assert send(client, ("大.txt", b"x" * 1_200_000)).status_code == 413

    def pieces():
        for _ in range(20):
            yield b"x" * 100_000

    head = {"Content-Type": "multipart/form-data; boundary=b"}
    response = client.post("/api/documents", content=pieces(), headers=head)
    assert response.status_code == 413
    assert "太大" in response.json()["error"]
    assert send(client, *[(f"{i}.txt", b"x") for i in range(21)]).status_code == 422


def test_listing_has_pages_and_can_be_searched(client):
    everything = client.get("/api/documents").json()
    assert everything["total"] == 2
    first = client.get("/api/documents", params={"limit": 1}).json()
    second = client.get("/api/documents", params={"limit": 1, "offset": 1}).json()
    assert first["total"] == 2
    assert first["documents"] + second["documents"] == everything["documents"]
    assert names(client, find="内审") == ["内审通知.txt"]
    assert names(client, collection="没有") == []


TRAVERSAL = [
    "../../etc/passwd.txt",
    "..\\..\\windows\\a.txt",
    "/etc/cron.d/a.txt",
    "C:\\a.txt",
    "a\x00.txt",
    "%2e%2e%2fa.txt",
    "..%c0%afa.txt",
    "....//....//a.txt",
    "CON.txt",
    "\u202etxt.exe.txt",
    "名" * 300 + ".txt",
    "😀.txt",
    "a/../../../b.txt",
    "file:///etc/passwd.txt",
    "\\\\server\\share\\a.txt",
    "~root/.ssh/a.txt",
    "$(touch a).txt",
    "a\r\nSet-Cookie: b.txt",
]


@pytest.mark.parametrize("name", TRAVERSAL)
def test_a_files_name_is_a_label_and_never_a_path(name):
    label = label_of(name)
    assert label and len(label) <= 200
    assert "/" not in label and "\\" not in label
    assert label.isprintable()
    assert label.endswith(".txt")


@pytest.mark.parametrize("name", ["", "..", "/", ".", "a/..", "\x00", " "])
def test_a_name_of_nothing_is_no_name(name):
    assert label_of(name) == ""


def test_nothing_is_written_outside_the_home(client, app, tmp_path):
    home = app.state.service.settings.home
    before = {file.relative_to(home.parent) for file in home.parent.rglob("*")}
    response = send(
        client, *[(name.encode("utf-8", "replace").decode(), "路径测试。".encode()) for name in TRAVERSAL]
    )
    assert response.status_code in (200, 201)
    after = {file.relative_to(home.parent) for file in home.parent.rglob("*")}
    assert all(path.parts[0] == home.name for path in after - before)
    for found in names(client):
        if found not in ("计量简报.txt", "内审通知.txt"):
            client.delete("/api/documents", params={"name": found})


# Conversations


def test_a_conversation_from_its_first_question_to_its_end(client):
    id = client.post("/api/conversations", json={}).json()["conversation_id"]
    first = client.post("/api/ask", json={"question": QUESTION, "conversation_id": id}).json()
    assert first["conversation_id"] == id and first["answer_id"]
    listed = client.get("/api/conversations", params={"find": "温度计"}).json()["conversations"]
    assert [(one["conversation_id"], one["title"], one["answers"]) for one in listed] == [(id, QUESTION, 1)]
    assert client.patch(f"/api/conversations/{id}", json={"title": "校准"}).json()["title"] == "校准"
    body = {"answer_id": first["answer_id"], "verdict": "down", "reason": "wrong", "comment": "数字不对"}
    assert client.post("/api/feedback", json=body).status_code == 201
    (entry,) = client.get(f"/api/conversations/{id}").json()["entries"]
    assert entry["feedback"]["comment"] == "数字不对"
    assert entry["citations"] == first["citations"]
    exported = client.get(f"/api/conversations/{id}/export")
    assert "温度计" in exported.text and "attachment" in exported.headers["content-disposition"]
    assert client.get(f"/api/conversations/{id}/export", params={"format": "docx"}).content[:2] == b"PK"
    assert client.delete(f"/api/conversations/{id}").status_code == 200
    for response in (
        client.get(f"/api/conversations/{id}"),
        client.post("/api/ask", json={"question": QUESTION, "conversation_id": id}),
        client.post("/api/feedback", json=body),
    ):
        assert (response.status_code, set(response.json())) == (404, {"error"})


def test_what_is_uploaded_into_a_conversation_is_seen_there_and_nowhere_else(client, app):
    id = client.post("/api/conversations", json={}).json()["conversation_id"]
    secret = ("私密.txt", "三号实验室的门禁密码是八六四二。".encode())
    assert send(client, secret, conversation_id=id).status_code == 201
    question = "三号实验室的门禁密码是什么？"
    inside = client.post("/api/ask", json={"question": question, "conversation_id": id}).json()
    assert "八六四二" in inside["answer"]
    number = inside["citations"][0]["passage_id"]
    for body in ({"question": question}, {"question": question, "collections": ["~" + id]}):
        assert "八六四二" not in client.post("/api/ask", json=body).text
    streamed = client.post("/api/ask", json={"question": question}, headers=STREAM)
    assert "八六四二" not in streamed.text
    chat = {"messages": [{"role": "user", "content": question}]}
    assert "八六四二" not in client.post("/v1/chat/completions", json=chat).text
    assert client.get(f"/api/sources/{number}").status_code == 404
    assert client.get(f"/api/sources/{number}", params={"conversation_id": id}).status_code == 200
    assert "私密.txt" not in names(client) + names(client, collection="~" + id)
    assert names(client, conversation_id=id) == ["私密.txt"]
    gone = client.delete("/api/documents", params={"name": "私密.txt", "collection": "~" + id})
    assert gone.status_code == 404
    assert send(client, secret, collection="~" + id).status_code == 422
    client.delete(f"/api/conversations/{id}")
    assert "私密.txt" not in [info.name for info in app.state.service.library.documents()]


# Errors


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("POST", "/api/nothing/else", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("GET", "/api/ask", 405),
        ("PUT", "/api/documents", 405),
        ("DELETE", "/api/sources/1", 405),
        ("POST", "/healthz", 405),
        ("GET", "/v1/chat/completions", 405),
        ("TRACE", "/api/ask", 405),
        ("GET", "/api/documents?limit=0", 422),
        ("GET", "/api/conversations/%00", 422),
        ("DELETE", "/api/documents", 422),
    ],
)
def test_every_error_has_the_one_shape(client, method, path, status):
    response = client.request(method, path)
    assert response.status_code == status
    error = response.json()["error"]
    message = error["message"] if path.startswith("/v1") else error
    assert set(response.json()) == {"error"}
    assert any("一" <= char <= "鿿" for char in message)
    assert status != 405 or "Allow" in response.headers


def test_two_answers_a_user_more_than_may_wait_are_refused(tmp_path):
    go_on, chatbot = threading.Event(), ScriptedChatbot()
    app = create_app(chatbot, chat=False)
    with serving(app) as url:
        chatbot.hold = lambda: go_on.wait(PATIENCE)
        answers = []

        def ask(visitor):
            cookies = {"zhida_visitor": visitor} if visitor else {}
            response = httpx.post(
                f"{url}/api/ask", json={"question": "问"}, cookies=cookies, timeout=PATIENCE
            )
            answers.append((visitor, response))

        threads = [threading.Thread(target=ask, args=(visitor,)) for visitor in ["", "", "", "", "", "b"]]
        for thread in threads:
            thread.start()
        admission = app.state.service.admission
        until(lambda: len(answers) == 2 and (admission.running, admission.waiting) == (2, 2))
        refused = [answer for _, answer in answers]
        go_on.set()
        for thread in threads:
            thread.join()
        assert [answer.status_code for answer in refused] == [429, 429]
        assert int(refused[0].headers["Retry-After"]) >= 1
        assert "请" in refused[0].json()["error"]
        assert sorted(v for v, answer in answers if answer.status_code == 200) == ["", "", "", "b"]
        figures = httpx.get(f"{url}/metrics", timeout=PATIENCE).text
    assert 'zhida_refused_requests_total{reason="own"} 2.0' in figures
    assert 'zhida_answers_total{mode="extractive",status="refused"} 4.0' in figures


def test_who_waits_is_told_how_many_come_first():
    go_on, chatbot = threading.Event(), ScriptedChatbot()
    app = create_app(chatbot, chat=False)
    body = {"question": "问"}
    with serving(app) as url:
        chatbot.hold = lambda: go_on.wait(PATIENCE)
        first = threading.Thread(target=lambda: httpx.post(f"{url}/api/ask", json=body, timeout=PATIENCE))
        first.start()
        until(lambda: app.state.service.admission.running)
        with httpx.stream("POST", f"{url}/api/ask", json=body, headers=STREAM, timeout=PATIENCE) as streamed:
            lines = streamed.iter_lines()
            assert [next(lines), next(lines)] == ["event: waiting", 'data: {"ahead": 0}']
            go_on.set()
            assert "event: done" in list(lines)
        first.join()


class SilentChatbot(ScriptedChatbot):
    """Says nothing for a long time, as a slow model does; may be left at any time."""

    opened = closed = 0

    def stream(self, question, turns=(), where=None):
        type(self).opened += 1
        try:
            yield Retrieved(question, ())
            for _ in range(int(20 * PATIENCE)):
                time.sleep(0.1)
                yield Text("")
        finally:
            type(self).closed += 1


@pytest.mark.parametrize("headers", [STREAM, {}])
@pytest.mark.parametrize("path", ["/api/ask", "/v1/chat/completions"])
def test_a_client_who_leaves_frees_the_slot_and_the_model(path, headers):
    app = create_app(SilentChatbot(), chat=False)
    body = {"question": "问", "stream": bool(headers), "messages": [{"role": "user", "content": "问"}]}
    admission = app.state.service.admission

    def come_and_go(url):
        with (
            suppress(httpx.ReadTimeout),
            httpx.Client(timeout=httpx.Timeout(PATIENCE, read=1.5)) as client,
            client.stream("POST", url + path, json=body, headers=headers) as response,
        ):
            next(response.iter_raw())

    with serving(app) as url:
        # One is being answered, two wait.
        threads = [threading.Thread(target=come_and_go, args=(url,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: not admission.running and not admission.waiting)
        until(lambda: SilentChatbot.opened == SilentChatbot.closed)


# Operation


def test_health_and_figures(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["documents"], ready["notices"]) == ("ready", 2, [])
    client.post("/api/ask", json={"question": QUESTION})
    client.get("/api/sources/1")
    client.get("/api/etc/passwd")
    text = client.get("/metrics").text
    assert "zhida_library_documents 2.0" in text
    assert 'zhida_requests_total{method="GET",route="/api/sources/{passage_id}",status="200"}' in text
    assert 'route="other"' in text and "passwd" not in text
    assert 'zhida_answer_stage_seconds_bucket{le="0.1",stage="retrieve"}' in text
    assert "zhida_ready 1.0" in text


def test_a_language_model_that_rests_is_told_of(app, client, monkeypatch):
    assert "zhida_chat_model_paused 0.0" in client.get("/metrics").text
    answerer = ChatModelAnswerer(FakeListChatModel(responses=[]))
    for _ in range(3):
        answerer.breaker.leave("failed")
    monkeypatch.setattr(app.state.service.dialogue.chatbot, "answerer", answerer)
    ready = client.get("/readyz")
    assert ready.status_code == 200 and "大模型连续 3 次没有回答" in ready.json()["notices"][0]
    assert "zhida_chat_model_paused 1.0" in client.get("/metrics").text


def test_a_server_that_stops_is_not_ready_and_lets_nobody_in():
    app = create_app(ScriptedChatbot(), chat=False)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        app.state.service.admission.draining = True
        assert client.get("/readyz").status_code == 503
        refused = client.post("/api/ask", json={"question": "问"})
        assert refused.status_code == 503 and "Retry-After" in refused.headers
        assert client.get("/healthz").status_code == 200


@pytest.fixture
def logged():
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JSONLines())
    logger = logging.getLogger("zhida")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in lines.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_the_log_has_what_is_needed_and_not_what_was_asked(client, logged):
    client.post("/api/ask?key=秘密", json={"question": QUESTION}, headers={"X-Request-ID": "abc-1"})
    (line,) = logged()
    assert line["request_id"] == "abc-1"
    assert (line["route"], line["status"], line["answer"]) == ("/api/ask", 200, "answered")
    assert line["ms"] > 0 and line["characters"] == len(QUESTION)
    assert "温度计" not in json.dumps(line, ensure_ascii=False) and "秘密" not in json.dumps(line)


def test_the_log_has_the_question_where_the_settings_say_so(logged):
    app = create_app(ScriptedChatbot(), Settings(log_questions=True), chat=False)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.post("/api/ask", json={"question": "问什么"})
    assert logged()[0]["question"] == "问什么"


@pytest.mark.parametrize("given", ["a b", "x" * 65, "", '{"a":1}', "a\tb"])
def test_a_request_id_that_is_not_plain_is_replaced(client, given):
    made = client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]
    assert made != given and made.isalnum()
    assert (
        client.get("/healthz", headers={"X-Request-ID": "a.b:c-d_1"}).headers["x-request-id"] == "a.b:c-d_1"
    )


def test_a_fault_is_logged_with_the_requests_id(logged):
    app = create_app(
        ScriptedChatbot({"问": answered("问", passage(), "首句在此。")}, error=RuntimeError("坏了")),
        chat=False,
    )
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.post("/api/ask", json={"question": "问"}, headers=STREAM | {"X-Request-ID": "q1"})
    fault = next(line for line in logged() if line["level"] == "error")
    assert fault["request_id"] == "q1" and "RuntimeError" in fault["traceback"]


def test_the_page_of_the_api_names_every_route_and_loads_nothing(client):
    page = client.get("/api/docs").text
    paths = client.get("/api/openapi.json").json()["paths"]
    assert len(paths) >= 12
    assert all(f"<code>{path}</code>" in page for path in paths)
    assert "<script" not in page and "src=" not in page
    assert "//" not in page.split("</style>")[0]


def test_every_request_body_and_answer_of_the_description_has_an_example(client):
    api = client.get("/api/openapi.json").json()
    for path, operations in api["paths"].items():
        for method, operation in operations.items():
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                schema = api["components"]["schemas"][name]
                shown = schema.get("examples") or [field for field in schema["properties"].values()]
                assert shown, (path, method, kind)
            good = [status for status in operation["responses"] if status < "300"]
            assert good, (path, method)
            assert any(operation["responses"][status].get("content") for status in good), (path, method)
