"""Accounts, locks, grants, sessions: by a clock that the test moves, and a hash that costs nothing."""

import sqlite3
from contextlib import closing

import pytest
from argon2 import PasswordHasher

from index.errors import NotThere, SettingsError
from ui.access.accounts import Accounts, User
from ui.access.audit import Audit, Event
from ui.access.sessions import IDLE, LONGEST, Sessions
from ui.access.store import AccessUnavailable, Store

PASSWORD = "correct horse battery"


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class CountingHasher(PasswordHasher):
    verified = 0

    def verify(self, hash, password):
        CountingHasher.verified += 1
        return super().verify(hash, password)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "home")
    yield store
    store.close()


@pytest.fixture
def accounts(store, clock):
    return Accounts(store, CountingHasher(time_cost=1, memory_cost=8, parallelism=1), clock)


@pytest.fixture
def sessions(store, clock):
    return Sessions(store, clock)


def test_nothing_is_written_before_there_is_something_to_write(store, accounts, sessions):
    assert (accounts.listed(), accounts.granted(), accounts.known("a"), sessions.get("x" * 43)) == (
        [],
        {},
        None,
        None,
    )
    assert not store.file.exists()


def test_the_file_is_its_owners_alone_and_has_no_password(store, accounts, sessions):
    accounts.add("alice", PASSWORD)
    cookie = sessions.begin("alice", "password")
    assert store.file.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(store.file)) as connection:
        dump = "\n".join(connection.iterdump())
    assert "$argon2id$" in dump
    assert PASSWORD not in dump
    assert cookie not in dump


def test_signing_in(accounts):
    accounts.add("陈立新", PASSWORD, "editor", ["质量部"])
    user = accounts.sign_in("陈立新", PASSWORD)
    assert user == User("陈立新", "editor", frozenset({"质量部"}), False, True, 0.0, user.created)
    assert accounts.sign_in("陈立新", PASSWORD + "x") is None
    assert accounts.sign_in("nobody", PASSWORD) is None


def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour_then_twice_as_long(accounts, clock):
    accounts.add("alice", PASSWORD)
    for _ in range(4):
        assert accounts.sign_in("alice", "wrong") is None
    assert accounts.sign_in("alice", PASSWORD) is not None  # which starts the count again
    for _ in range(5):
        accounts.sign_in("alice", "wrong")
    assert accounts.known("alice").locked_until == clock.now + 15 * 60
    assert accounts.sign_in("alice", PASSWORD) is None
    clock.now += 15 * 60
    assert accounts.sign_in("alice", "wrong") is None
    assert accounts.known("alice").locked_until == clock.now + 30 * 60
    clock.now += 30 * 60
    assert accounts.sign_in("alice", PASSWORD) is not None
    assert accounts.known("alice").locked_until == 0.0


def test_guessing_at_a_locked_account_does_not_make_it_worse(accounts, clock):
    accounts.add("alice", PASSWORD)
    for _ in range(50):
        accounts.sign_in("alice", "wrong")
    assert accounts.known("alice").locked_until == clock.now + 15 * 60


@pytest.mark.parametrize("name", ["alice", "disabled", "elsewhere", "nobody", "", "x" * 5000, "\ud800"])
def test_every_refusal_costs_one_verification(accounts, name):
    accounts.add("alice", PASSWORD)
    accounts.add("disabled", PASSWORD)
    accounts.disable("disabled")
    accounts.add("elsewhere", "")
    before = CountingHasher.verified
    assert accounts.sign_in(name, "wrong") is None
    assert CountingHasher.verified == before + 1


def test_the_empty_password_of_somebody_from_elsewhere_opens_nothing(accounts):
    accounts.add("elsewhere", "")
    assert accounts.sign_in("elsewhere", "") is None


@pytest.mark.parametrize("change", ["disable", "set_password"])
def test_sessions_end_with_disabling_and_with_another_password(accounts, sessions, change):
    accounts.add("alice", PASSWORD)
    accounts.add("bo", PASSWORD)
    kept, ended = sessions.begin("bo", "password"), [sessions.begin("alice", "password") for _ in range(3)]
    accounts.disable("alice") if change == "disable" else accounts.set_password("alice", PASSWORD + "2")
    assert [sessions.get(id) for id in ended] == [None] * 3
    assert sessions.get(kept).user == "bo"
    assert (accounts.sign_in("alice", PASSWORD) is None) and (accounts.sign_in("bo", PASSWORD) is not None)


def test_somebody_unknown_can_be_disabled_and_let_in_again(accounts):
    accounts.disable("from.elsewhere@corp.example")
    assert accounts.is_disabled("from.elsewhere@corp.example")
    accounts.enable("from.elsewhere@corp.example")
    assert not accounts.is_disabled("from.elsewhere@corp.example")


@pytest.mark.parametrize(
    "name", ["", "a b", "a/b", "widget/x/y", "~a", "a,b", "a\n", "<b>", "x" * 129, "a\u202eb"]
)
def test_names_that_could_be_taken_for_another(accounts, name):
    with pytest.raises(SettingsError):
        accounts.add(name, PASSWORD)
    with pytest.raises(SettingsError):
        accounts.add("alice", PASSWORD, groups=[name])


@pytest.mark.parametrize("group", ["everyone", "public"])
def test_nobody_is_put_into_the_groups_of_all(accounts, group):
    with pytest.raises(SettingsError):
        accounts.add("alice", PASSWORD, groups=[group])


@pytest.mark.parametrize("password", ["short", "x" * 1001, "tabs\tare not typed", "half \ud800 of a pair"])
def test_passwords_that_cannot_be(accounts, password):
    with pytest.raises(SettingsError):
        accounts.add("alice", password)


def test_a_session_slides_and_still_ends(sessions, clock):
    id = sessions.begin("alice", "password", ["g"])
    assert len(id) == 43
    for _ in range(13):
        clock.now += IDLE - 1
        assert sessions.get(id).user == "alice"
    clock.now += IDLE - 1
    assert 14 * (IDLE - 1) < LONGEST["password"] < 15 * IDLE
    assert sessions.get(id) is not None
    clock.now += 3600
    assert sessions.get(id) is None


def test_a_session_without_requests_ends(sessions, clock):
    id = sessions.begin("alice", "password")
    clock.now += IDLE + 1
    assert sessions.get(id) is None
    assert sessions.get("x" * 43) is None
    assert sessions.get("") is None


def test_grants(accounts):
    accounts.allow("研发", ["rd", "qa"])
    accounts.allow("公开", ["public"])
    accounts.allow("内网", ["everyone"])
    everyone = frozenset({"everyone", "public"})
    assert accounts.collections_of(everyone) == {"", "公开", "内网"}
    assert accounts.collections_of(everyone | {"rd"}) == {"", "公开", "内网", "研发"}
    assert accounts.collections_of(frozenset({"public"})) == {"公开"}
    accounts.deny("研发", ["rd"])
    assert accounts.granted()["研发"] == {"qa"}
    with pytest.raises(NotThere):
        accounts.deny("研发", ["rd"])
    with pytest.raises(SettingsError):
        accounts.allow("~secret", ["rd"])


def test_the_audit_log_is_only_added_to(store):
    log = Audit(store)
    log.add(Event("alice", "remove-document", "DELETE /api/documents 甲.txt", "password", "10.0.0.1"))
    log.add(Event("bo", "sign-in", outcome="wrong"))
    assert [(event.who, event.outcome) for event in log.last()] == [("bo", "wrong"), ("alice", "ok")]
    with closing(sqlite3.connect(store.file)) as connection:
        for statement in ("DELETE FROM audit", "UPDATE audit SET who = 'x'"):
            with pytest.raises(sqlite3.IntegrityError, match="only added to"):
                connection.execute(statement)


def test_a_file_that_cannot_be_read_lets_nobody_in(store, accounts):
    store.file.parent.mkdir()
    store.file.write_bytes(b"not a database at all, whatever it is" * 100)
    with pytest.raises(AccessUnavailable):
        accounts.known("alice")
    Audit(store).add(Event("alice", "sign-in"))  # which only goes into the service's log


def test_a_file_of_a_later_version_is_left_alone(store, accounts):
    accounts.add("alice", PASSWORD)
    store.close()
    with closing(sqlite3.connect(store.file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(AccessUnavailable, match="99"):
        accounts.known("alice")
