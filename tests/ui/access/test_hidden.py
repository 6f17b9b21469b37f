"""For random groups and collections: no passage of a hidden collection is ever in any output of any route, nor in what
the chat page is sent, and everything looks as if the hidden collections were not there."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import gradio as gr
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.testclient import TestClient

from rag.build import open_chatbot, open_library
from rag.settings import Settings
from tests.ui.access.conftest import ORIGIN, World, add
from ui.access.past import WITHHELD, entries_of
from ui.access.sessions import COOKIE
from ui.access.subject import SCOPE
from ui.access.widgets import ORIGIN_HEADER, sign
from ui.page.desk import Desk
from ui.page.talk import Talk
from ui.server import create_app

# One machine for each collection: what it is asked by, and words that are in its document and in no question. All
# documents have a sentence in common, so that those which say the same are named beside each other.
COLLECTIONS = {"": "赤豹", "甲号库": "青鸾", "乙号库": "玄龟", "丙号库": "白鹿"}
MARKS = {
    "": ("六十一度", "何敏"),
    "甲号库": ("七十二度", "陈立新"),
    "乙号库": ("八十三度", "林晓燕"),
    "丙号库": ("九十四度", "周广济"),
}
GROUPS = ("g1", "g2", "g3")
SHARED = "全厂的灭火器检查周期为四十五天，由安全员负责检查和记录。"
ALL = frozenset(COLLECTIONS)


def text_of(collection: str) -> str:
    name, (degrees, person) = COLLECTIONS[collection], MARKS[collection]
    return f"{person}规程\n\n{name}机组的轴承温度上限为{degrees}，由{person}负责记录。\n\n{person}班组共有员工{len(name) + 37}人。\n\n{SHARED}\n"


def file_of(collection: str) -> str:
    return f"{MARKS[collection][1]}规程.txt"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    chosen = Settings(home=tmp_path_factory.mktemp("hidden") / "home", auth="password")
    with open_library(chosen, create=True) as library:
        for collection in COLLECTIONS:
            add(library, collection, file_of(collection), text_of(collection))
    app = create_app(open_chatbot(chosen), chosen, chat=False)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        world = World(app.state.service, client, app)
        access = world.service.access
        for user in ("u1", "u2"):
            access.accounts.add(user, "", "reader")
            world.people[user] = {"Cookie": f"{COOKIE}={access.sessions.begin(user, 'password')}"}
        world.owner["secret"] = access.widgets.add("w", [ORIGIN], anonymous=True)
        access.widgets._change("w", per_minute=100_000, per_day=100_000)
        yield world


def set_up(world, grants, member):
    """Grants as drawn; u1 is in the groups of `member`."""
    accounts = world.service.access.accounts
    for collection, groups in accounts.granted().items():
        accounts.deny(collection, groups)
    for collection, groups in grants.items():
        accounts.allow(collection, groups)
    accounts.set_groups("u1", sorted(member))
    token = sign(world.owner["secret"], "w", "u1", origin=ORIGIN, groups=tuple(sorted(member)))
    world.people["widget"] = {"Authorization": f"Bearer {token}", ORIGIN_HEADER: ORIGIN}
    visit = world.service.access.widgets.visit("w", ORIGIN)
    world.people["visitor"] = {"Authorization": f"Bearer {visit}", ORIGIN_HEADER: ORIGIN}


def expected(who, grants, member):
    """What may be read, worked out beside the program."""
    own = {"visitor": {"public"}}.get(who, {"public", "everyone"} | (set() if who == "u2" else set(member)))
    common = set() if who == "visitor" else {""}
    return frozenset({name for name, groups in grants.items() if own & set(groups)} | common)


def outputs(world, who):
    """The texts of every route that says anything of the library or of what was asked, and how many it counts."""
    texts = []
    started = world.send(who, "POST", "/api/conversations", json={"title": ""})
    conversation = started.json()["conversation_id"]
    asks = [{"question": f"{name}机组的轴承温度上限是多少？"} for name in COLLECTIONS.values()]
    asks += [{"question": "灭火器的检查周期是多少天？", "conversation_id": conversation}]
    asks += [{"question": "由谁负责？", "conversation_id": conversation}]
    asks += [{"question": "轴承温度上限", "collections": list(COLLECTIONS)}]
    asks += [{"question": "轴承温度上限", "documents": [file_of(name) for name in COLLECTIONS]}]
    for number, body in enumerate(asks):
        stream = {"Accept": "text/event-stream"} if number % 2 else {}
        texts.append(world.send(who, "POST", "/api/ask", json=body, headers=stream).text)
    gets = ["/api/documents", "/api/conversations", f"/api/conversations/{conversation}", "/readyz"]
    gets += [f"/api/conversations/{conversation}/export?format=markdown"]
    gets += [f"/api/documents?collection={name}" for name in COLLECTIONS]
    gets += [f"/api/documents?find={file_of(name)}" for name in COLLECTIONS]
    gets += [f"/api/sources/{passage.id}" for passage in world.service.library.all_passages()]
    texts += [world.send(who, "GET", url).text for url in gets]
    for body in asks[: len(COLLECTIONS)]:
        message = {"messages": [{"role": "user", "content": body["question"]}]}
        texts.append(world.send(who, "POST", "/v1/chat/completions", json=message).text)
    return texts, conversation


def page_outputs(world, who, conversation):
    """What the chat page is sent: its start with examples and counts, an answer, a conversation, suggestions, an export."""
    subject = world.service.access._from_session(world.people[who]["Cookie"].partition("=")[2])
    scope = {
        "type": "http",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "method": "POST",
        "path": "/",
        SCOPE: subject,
    }
    request = gr.Request(Request(scope))
    desk, talk = Desk(world.service), Talk(world.service)
    functions = {function.__name__: function for function in desk.functions()}
    told = [functions["hello"]({}, request)]
    data = {"question": "轴承温度上限是多少？", "conversation": conversation, "key": 1}

    async def asked():
        return [state async for state in talk.ask(SimpleNamespace(_data=data), request)]

    states = asyncio.run(asked())
    told += states
    told.append(functions["suggest"]({"answer": states[-1]["answer"]}, request))
    told.append(functions["open"]({"conversation": conversation}, request))
    told.append(functions["export"]({"conversation": conversation}, request))
    told.append(functions["conversations"]({}, request))
    return [json.dumps(each, ensure_ascii=False) for each in told]


drawn_grants = st.dictionaries(
    st.sampled_from([name for name in COLLECTIONS if name]),
    st.lists(st.sampled_from([*GROUPS, "everyone", "public"]), min_size=1, max_size=3, unique=True),
)


# Not made smaller when it fails: each case asks a dozen questions.
@settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(
    grants=drawn_grants,
    member=st.sets(st.sampled_from(GROUPS)),
    who=st.sampled_from(["u1", "u2", "widget", "visitor"]),
)
def test_nothing_of_a_hidden_collection_is_in_any_output(world, grants, member, who):
    set_up(world, grants, member)
    reads = expected(who, grants, member)
    texts, conversation = outputs(world, who)
    if who in ("u1", "u2"):
        texts += page_outputs(world, who, conversation)
    for text in texts:
        for name in ALL - reads:
            marks = (*MARKS[name], name) if name else MARKS[name]
            assert not any(mark in text for mark in marks), (who, sorted(reads), name, text[:500])
    if who in ("u1", "u2"):
        listed = world.send(who, "GET", "/api/documents").json()
        assert listed["total"] == len(reads)
    # And what may be read is found: the walls are not simply shut.
    for name in reads:
        question = f"{COLLECTIONS[name]}机组的轴承温度上限是多少？"
        answer = world.send(who, "POST", "/api/ask", json={"question": question}).json()
        assert MARKS[name][0] in answer["answer"], (who, name)


def test_an_answer_is_withheld_once_its_documents_are_closed_and_back_when_they_open(world):
    set_up(world, {"甲号库": ["g1"]}, {"g1"})
    conversation = world.send("u1", "POST", "/api/conversations", json={"title": ""}).json()[
        "conversation_id"
    ]
    for question in ("青鸾机组的轴承温度上限是多少？", "由谁负责记录？"):
        body = {"question": question, "conversation_id": conversation}
        (citation,) = world.send("u1", "POST", "/api/ask", json=body).json()["citations"]
        assert citation["collection"] == "甲号库"
    url = f"/api/conversations/{conversation}"
    open_text = world.send("u1", "GET", url).text
    assert "七十二度" in open_text
    world.service.access.accounts.set_groups("u1", [])
    closed = world.send("u1", "GET", url).json()
    assert [entry["answer"] for entry in closed["entries"]] == [WITHHELD, WITHHELD]
    for other in (url, f"{url}/export"):
        assert "七十二度" not in world.send("u1", "GET", other).text
    # What is asked next does not go on from it either.
    answer = world.send(
        "u1", "POST", "/api/ask", json={"question": "班长是谁？", "conversation_id": conversation}
    ).json()
    assert not any(mark in json.dumps(answer, ensure_ascii=False) for mark in MARKS["甲号库"])
    answer_id = entries_of(world.service.dialogue.history, conversation, "u1", None)[0].answer_id
    subject = world.service.access._from_session(world.people["u1"]["Cookie"].partition("=")[2])
    scope = {"type": "http", "headers": [], "client": ("127.0.0.1", 1), SCOPE: subject}
    functions = {function.__name__: function for function in Desk(world.service).functions()}
    said = functions["suggest"]({"answer": answer_id}, gr.Request(Request(scope)))
    assert said == {"error": "没有这个回答 no such answer"}
    world.service.access.accounts.set_groups("u1", ["g1"])
    assert "七十二度" in world.send("u1", "GET", url).text


def test_a_private_collection_is_read_in_its_own_conversation_only(world):
    set_up(world, {}, set())
    mine = world.send("u1", "POST", "/api/conversations", json={"title": ""}).json()["conversation_id"]
    files = [("files", ("私.txt", "私人笔记\n\n游标卡尺的检定周期为二百一十天，由量具室负责送检。".encode()))]
    sent = world.send("u1", "POST", "/api/documents", files=files, data={"conversation_id": mine})
    assert sent.status_code == 201
    upload = sent.json()["documents"][0]["upload_id"]
    question = {"question": "游标卡尺的检定周期是多少天？"}
    inside = world.send("u1", "POST", "/api/ask", json={**question, "conversation_id": mine}).json()
    assert "二百一十天" in inside["answer"]
    assert "二百一十天" not in world.send("u1", "POST", "/api/ask", json=question).text
    stolen = world.send("u2", "POST", "/api/ask", json={**question, "conversation_id": mine})
    missing = world.send("u2", "POST", "/api/ask", json={**question, "conversation_id": "nonesuch"})
    assert (stolen.status_code, stolen.text) == (missing.status_code, missing.text)
    for url in (f"/api/documents?conversation_id={mine}", f"/api/documents/uploads/{upload}"):
        assert world.send("u2", "GET", url).status_code == 404
    body = {**question, "collections": [f"~{mine}"]}
    assert "二百一十天" not in world.send("u2", "POST", "/api/ask", json=body).text
    gone = world.send("u2", "DELETE", "/api/documents", params={"name": "私.txt", "conversation_id": mine})
    assert gone.status_code == 404
    assert world.send("u1", "DELETE", f"/api/conversations/{mine}").status_code == 200
