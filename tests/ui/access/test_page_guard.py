"""Gradio's half of the application stands behind the same guard: none of its routes answers a stranger or a widget."""

from __future__ import annotations

import pytest
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from rag.settings import Settings
from tests.ui.access.conftest import World, populate
from tests.ui.access.test_matrix import flat
from tests.ui.doubles import ScriptedChatbot
from ui.server import create_app


@pytest.fixture(scope="module")
def world():
    chatbot = ScriptedChatbot()
    app = create_app(chatbot, Settings(home=chatbot.library.home, auth="password"))
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        world = World(app.state.service, client, app)
        populate(world)
        yield world


def inner_routes(world) -> set[tuple[str, str]]:
    """Method and path of everything that is mounted, with something in the place of parameters."""
    found: set[tuple[str, str]] = set()
    for mount in (route for route in flat(world.app.router.routes) if isinstance(route, Mount)):
        for route in flat(mount.app.routes):
            path = getattr(route, "path", "")
            filled = "".join("x" if part.startswith("{") else part for part in _parts(path))
            methods = route.methods if isinstance(route, Route) and route.methods else {"GET", "POST"}
            found |= {(method, mount.path + filled) for method in methods}
    return found


def _parts(path: str) -> list[str]:
    parts = path.replace("{", "\0{").replace("}", "}\0").split("\0")
    return [part for part in parts if part]


def test_no_route_of_the_page_answers_a_stranger_or_a_widget(world):
    routes = inner_routes(world)
    assert len(routes) > 30
    paths = {path for _, path in routes}
    for needed in ("/", "/config", "/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/upload"):
        assert needed in paths or needed + "/" in paths
    assert any("file=" in path for path in paths)
    open_to_all = {"/login", "/logout"}  # Gradio's own of these names are behind ours
    for method, path in sorted(routes):
        if path.rstrip("/") in open_to_all:
            continue
        for who, expected in (("anonymous", 401), ("visitor", 403), ("widget", 403)):
            status = world.send(who, method, path).status_code
            assert status == expected, (who, method, path, status)


def test_the_page_knows_who_asks(world):
    page = world.send("amei", "GET", "/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    config = world.send("amei", "GET", "/config").json()
    (link,) = [part["id"] for part in config["components"] if part["props"].get("elem_id") == "zd-link"]
    history = world.service.dialogue.history
    history.start("amei", "阿梅的题")
    history.start("bo", "阿波的题")

    def called(who):
        body = {"data": {}, "fn_name": "conversations", "session_hash": f"s-{who}", "component_id": link}
        return world.send(who, "POST", "/gradio_api/component_server", json=body).text

    assert "阿梅的题" in called("amei") and "阿波的题" not in called("amei")
    assert "阿波的题" in called("bo") and "阿梅的题" not in called("bo")
    # An administrator reads all documents, but nobody else's conversations.
    assert "阿梅的题" not in called("admin") and "阿波的题" not in called("admin")
    foreign = {"Sec-Fetch-Site": "cross-site"}
    body = {"data": {}, "fn_name": "conversations", "session_hash": "s", "component_id": link}
    assert (
        world.send("amei", "POST", "/gradio_api/component_server", json=body, headers=foreign).status_code
        == 403
    )


def test_a_browser_without_a_session_is_led_to_the_login(world):
    response = world.send("anonymous", "GET", "/", headers={"Accept": "text/html"})
    assert (response.status_code, response.headers["location"]) == (303, "/login?next=/")
