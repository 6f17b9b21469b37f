"""Who may do what, for every route that there is: a route that is not in the table fails, and so does a wrong answer."""

from __future__ import annotations

import pytest
from starlette.routing import BaseRoute, Mount, Route

from tests.ui.access.conftest import ORIGIN, QUESTION, SECRET
from ui.access.guard import PAGE_ACTION, action_of
from ui.access.policy import ACTIONS, WIDGET
from ui.access.sessions import COOKIE
from ui.viewer.routes import MEDIA

WHO = ("anonymous", "visitor", "widget", "amei", "bo", "editor", "admin")
OK = 200

# Columns as in WHO. Objects ({conversation}, {answer}, {upload}) are amei's, {hidden} is a passage of 研发 (amei, editor,
# admin and the widget's user of that group read it). 404 is what is not there or somebody else's; 401 not signed in.
MATRIX: dict[tuple[str, str], tuple[int, ...]] = {
    ("GET", "/healthz"): (OK,) * 7,
    ("GET", "/readyz"): (OK,) * 7,
    ("GET", "/metrics"): (401, 403, 403, 403, 403, 403, OK),
    ("GET", "/login"): (OK, 403, 403, 303, 303, 303, 303),
    ("POST", "/login"): (401, 403, 403, 401, 401, 401, 401),  # with a wrong password
    ("GET", "/logout"): (OK, 403, 403, OK, OK, OK, OK),
    ("POST", "/logout"): (303, 403, 403, 303, 303, 303, 303),
    ("POST", "/api/ask"): (401, OK, OK, OK, OK, OK, OK),
    ("GET", "/api/sources/{passage_id}"): (401, 404, OK, OK, 404, OK, OK),
    ("POST", "/api/documents"): (401, 403, 403, 403, 403, 404, 201),  # into 人事
    ("GET", "/api/documents"): (401, 403, 403, OK, OK, OK, OK),
    ("DELETE", "/api/documents"): (401, 403, 403, 403, 403, 404, 404),  # from 人事, no such name
    ("GET", "/api/documents/uploads/{upload_id}"): (401, 403, 403, 404, 404, 404, 404),
    ("POST", "/api/conversations"): (401, 201, 201, 201, 201, 201, 201),
    ("GET", "/api/conversations"): (401, OK, OK, OK, OK, OK, OK),
    ("GET", "/api/conversations/{conversation_id}"): (401, 404, 404, OK, 404, 404, 404),
    ("PATCH", "/api/conversations/{conversation_id}"): (401, 404, 404, OK, 404, 404, 404),
    ("DELETE", "/api/conversations/{conversation_id}"): (401, 404, 404, OK, 404, 404, 404),
    ("GET", "/api/conversations/{conversation_id}/export"): (401, 403, 403, OK, 404, 404, 404),
    ("POST", "/api/feedback"): (401, 404, 404, 201, 404, 404, 404),
    ("GET", "/v1/models"): (401, 403, 403, OK, OK, OK, OK),
    ("POST", "/v1/chat/completions"): (401, 403, 403, OK, OK, OK, OK),
    ("GET", "/api/docs"): (401, 403, 403, OK, OK, OK, OK),
    ("GET", "/api/openapi.json"): (401, 403, 403, OK, OK, OK, OK),
    ("GET", "/sources"): (401, 404, 303, 303, 404, 303, 303),
    ("GET", "/sources/{document_id}"): (401, 404, OK, OK, 404, OK, OK),
    ("GET", "/sources/{document_id}/original"): (401, 404, OK, OK, 404, OK, OK),
    ("GET", "/sources/{document_id}/pages/{page_number}.png"): (
        401,
        404,
        404,
        404,
        404,
        404,
        404,
    ),  # has no pages
    ("GET", "/sources/{document_id}/pages/{page_number}.svg"): (401, 404, 404, 404, 404, 404, 404),
    **{("GET", f"/sources/{name}"): (OK,) * 7 for name in MEDIA},
    ("GET", "/widget.js"): (OK,) * 7,
    ("GET", "/widget"): (OK,) * 7,
    ("GET", "/widget/{name}"): (404,) * 7,  # no such file
    ("POST", "/widget/visit"): (OK,) * 7,
    ("GET", "/widget/demo"): (401, 403, 403, 403, 403, 403, OK),
}
BODIES = {
    ("GET", "/sources"): {"params": {"name": "研发通知.txt", "collection": "研发"}},
    ("POST", "/widget/visit"): {"json": {"widget": "portal", "origin": ORIGIN}},
    ("POST", "/login"): {"data": {"name": "amei", "password": "wrong password"}},
    ("POST", "/api/ask"): {"json": {"question": QUESTION["研发"]}},
    ("POST", "/api/documents"): {
        "files": [("files", ("新.txt", "新通知\n\n新规定自今日起施行。".encode()))],
        "data": {"collection": "人事"},
    },
    ("DELETE", "/api/documents"): {"params": {"name": "没有.txt", "collection": "人事"}},
    ("POST", "/api/conversations"): {"json": {"title": ""}},
    ("PATCH", "/api/conversations/{conversation_id}"): {"json": {"title": "新题"}},
    ("POST", "/v1/chat/completions"): {"json": {"messages": [{"role": "user", "content": QUESTION["研发"]}]}},
}


def flat(routes: list[BaseRoute]) -> list[BaseRoute]:
    """All routes, those of included routers and of mounted applications among them."""
    try:
        from fastapi.routing import iter_route_contexts
    except ImportError:  # an earlier FastAPI keeps them flat
        return list(routes)
    return [context.original_route for context in iter_route_contexts(routes)]


def table(app) -> set[tuple[str, str]]:
    """Method and path of everything that the application answers, but for what refuses."""
    found = set()
    for route in flat(app.router.routes):
        assert isinstance(route, Route | Mount), route
        if isinstance(route, Mount) or route.endpoint.__module__ == "ui.api":
            continue
        found |= {(method, route.path) for method in route.methods if method != "HEAD"}
    return found


def test_every_route_is_in_the_table_and_says_what_it_needs(world):
    assert table(world.app) == set(MATRIX)
    silent = [
        route.path
        for route in flat(world.app.router.routes)
        if isinstance(route, Route) and route.endpoint.__module__ != "ui.api" and action_of(route) is None
    ]
    assert silent == []


def test_a_forgotten_route_is_noticed(world):
    async def forgotten(request):
        raise AssertionError("never reached by a stranger")

    route = Route("/api/forgotten-here", forgotten)
    world.app.router.routes.insert(0, route)
    try:
        assert table(world.app) - set(MATRIX) == {("GET", "/api/forgotten-here")}
        for who in ("anonymous", "visitor", "widget"):
            assert world.send(who, "GET", "/api/forgotten-here").status_code in (401, 403)
    finally:
        world.app.router.routes.remove(route)


@pytest.mark.parametrize(("method", "path"), sorted(MATRIX), ids=lambda part: part)
def test_everybody_gets_what_the_table_says_and_nothing_hidden(world, method, path):
    got = []
    for who in WHO:
        options = dict(BODIES.get((method, path), {}))
        url, _, answer = prepared(world, path).partition("#")
        if answer:
            options["json"] = {"answer_id": answer, "verdict": "up"}
        if (method, path) == ("POST", "/logout") and "Cookie" in world.people[who]:
            # Of a session of its own: the other rows need theirs.
            options["headers"] = {
                "Cookie": f"{COOKIE}={world.service.access.sessions.begin(who, 'password')}"
            }
        response = world.send(who, method, url, **options)
        world.client.cookies.clear()
        got.append(response.status_code)
        closed = {"amei": ["人事"], "bo": ["研发"], "editor": ["人事"], "widget": ["人事"], "admin": []}
        assert not any(SECRET[name] in response.text for name in closed.get(who, SECRET)), who
    assert dict(zip(WHO, got, strict=True)) == dict(zip(WHO, MATRIX[method, path], strict=True))


def prepared(world, path: str) -> str:
    """The path with fresh objects of amei's."""
    history = world.service.dialogue.history
    if "{passage_id}" in path:
        hidden = next(
            passage for passage in world.service.library.all_passages() if passage.text == SECRET["研发"]
        )
        return path.replace("{passage_id}", str(hidden.id))
    if "{document_id}" in path:
        known = next(info for info in world.service.library.documents() if info.collection == "研发")
        number = world.service.library.document(known.name, known.collection).id
        return path.replace("{document_id}", str(number)).replace("{page_number}", "1")
    if "{conversation_id}" in path or path == "/api/feedback":
        conversation = history.start("amei", "旧题").id
        world.service.dialogue.ask(QUESTION["研发"], conversation, owner="amei")
        if path == "/api/feedback":
            return f"{path}#{history.entries(conversation, 'amei')[0].answer_id}"
        return path.replace("{conversation_id}", conversation)
    return path.replace("{upload_id}", "no-such-upload")


def test_the_hidden_and_the_missing_look_the_same(world):
    hidden = next(p for p in world.service.library.all_passages() if p.collection == "研发")
    one = world.send("bo", "GET", f"/api/sources/{hidden.id}")
    other = world.send("bo", "GET", "/api/sources/987654")
    assert (one.status_code, one.text) == (other.status_code, other.text)
    for url in ("/api/documents?collection={}", "/api/documents?find={}通知"):
        assert (
            world.send("bo", "GET", url.format("研发")).text
            == world.send("bo", "GET", url.format("无此")).text
        )
    body = {"question": QUESTION["研发"]}
    seen = [
        world.send("bo", "POST", "/api/ask", json={**body, "collections": [name]}).json()
        for name in ("研发", "无此")
    ]
    for answer in seen:
        for changing in ("answer_id", "timings_ms"):
            del answer[changing]
    assert seen[0] == seen[1]
    ends = [
        world.send("editor", "DELETE", "/api/documents", params={"name": "人事通知.txt", "collection": name})
        for name in ("人事", "无此")
    ]
    assert ends[0].status_code == ends[1].status_code == 404
    assert ends[0].text == ends[1].text


def test_no_widget_may_do_what_is_not_for_asking():
    assert {action for action, role in ACTIONS.items() if role in ("editor", "admin")} & WIDGET == set()
    assert PAGE_ACTION not in WIDGET
    assert {"send-file", "export-history", "read-document", "complete"} & WIDGET == set()
