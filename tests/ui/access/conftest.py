"""A library with a common part and two closed collections, and people who may read one, the other, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from index.library import Library
from index.readers.sandbox import read_safely
from rag.build import open_chatbot, open_library
from rag.settings import Settings
from ui.access.sessions import COOKIE
from ui.access.widgets import ORIGIN_HEADER, sign
from ui.server import create_app
from ui.service import Service

ORIGIN = "https://portal.example"
OPEN = "仓库温度计的校准周期为九十天，到期前七天由计量员收回。"
"""In the common part."""
SECRET = {
    "研发": "蓝鲸样机的密封圈硬度为邵氏七十二度，由样机组保管。",
    "人事": "绩效奖金的发放日期为每年三月二十日，由薪酬组核算。",
}
"""A sentence of each closed collection; no word of it is in any other."""

QUESTION = {
    "": "仓库温度计的校准周期是多少天？",
    "研发": "蓝鲸样机的密封圈硬度是多少？",
    "人事": "绩效奖金的发放日期是哪天？",
}


@dataclass
class World:
    """An application with people in it, and what each sends along to say who he is."""

    service: Service
    client: TestClient
    app: object
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)

    def send(self, who: str, method: str, url: str, **options):
        """A request of somebody's."""
        headers = {**self.people[who], **options.pop("headers", {})}
        return self.client.request(method, url, headers=headers, follow_redirects=False, **options)


def add(library: Library, collection: str, name: str, text: str) -> None:
    from dataclasses import replace

    document = replace(read_safely(text.encode(), name), collection=collection)
    library.add(document, text.encode())


def fill(home: Path) -> Settings:
    """A library in `home`."""
    settings = Settings(home=home, auth="password")
    with open_library(settings, create=True) as library:
        add(library, "", "计量简报.txt", f"计量简报\n\n{OPEN}\n")
        for collection, sentence in SECRET.items():
            add(library, collection, f"{collection}通知.txt", f"{collection}通知\n\n{sentence}\n")
    return settings


def populate(world: World) -> None:
    """A and B who read one collection each, an editor who reads A's, an administrator, a widget with a user of A's group."""
    access = world.service.access
    for name, role, groups in (
        ("amei", "reader", ["rd"]),
        ("bo", "reader", ["hr"]),
        ("editor", "editor", ["rd"]),
        ("admin", "admin", []),
    ):
        access.accounts.add(name, "", role, groups)
        world.people[name] = {"Cookie": f"{COOKIE}={access.sessions.begin(name, 'password')}"}
        world.owner[name] = name
    access.accounts.allow("研发", ["rd"])
    access.accounts.allow("人事", ["hr"])
    secret = access.widgets.add("portal", [ORIGIN], anonymous=True)
    limits = {"per_minute": 100_000, "per_day": 100_000}
    access.widgets._change("portal", **limits)
    token = sign(secret, "portal", "amei", origin=ORIGIN, groups=("rd",))
    world.people["widget"] = {"Authorization": f"Bearer {token}", ORIGIN_HEADER: ORIGIN}
    world.owner["widget"] = "widget/portal/amei"
    visit = access.widgets.visit("portal", ORIGIN)
    world.people["visitor"] = {"Authorization": f"Bearer {visit}", ORIGIN_HEADER: ORIGIN}
    world.people["anonymous"] = {}


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    settings = fill(tmp_path_factory.mktemp("access") / "home")
    app = create_app(open_chatbot(settings), settings, chat=False)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        world = World(app.state.service, client, app)
        populate(world)
        yield world
