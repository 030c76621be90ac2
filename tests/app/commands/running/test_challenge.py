"""``passgate challenge``: whose word counts, what the record says of it, and what is refused in one line."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from pathlib import Path
from shutil import copytree
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from app.access.accounts import Accounts
from app.access.making import make_up_to_date
from app.access.passwords import Hashing
from inspection.access.rights import Proof, Role
from inspection.challenge.shown import ChallengeStatus
from inspection.challenge.standing import ChallengeState
from inspection.decision import Action
from inspection.events import CHALLENGE_KINDS, Event, EventKind
from inspection.status import CommandResult, Mode
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.app.running import Passgate, Said, assert_one_line

ANNAS, BENS, OLLIS, GIVEN = "Anna's own words", "Ben's own words", "Olli's own words", "to begin with, once"
FAILED = ChallengeStatus(
    state=ChallengeState.FAILED,
    closed=True,
    why="the challenge failed",
    needs_quality=True,
    judged_by=("1 1 ", "m 1 ", "set"),
)
CHEAP = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
Challenge = Callable[..., Said]


class Engine:
    """What the commands find behind the API."""

    def __init__(self) -> None:
        self.standing: ChallengeStatus | None = FAILED
        self.accepts, self.asked = True, list[tuple[str, str]]()
        self.signed_in: list[str] = []

    def answer(self, method: str, url: str, **given: Any) -> httpx.Response:
        request = httpx.Request(method, url)
        if method == "GET":
            told = {"challenge": self.standing and self.standing.model_dump(mode="json")}
            return httpx.Response(200, json=STATE | told, request=request)
        if url.endswith("/api/session"):
            return self._session(method, given, request)
        if given["headers"].get("Authorization") == "Bearer Anna's":
            return httpx.Response(403, json={"detail": "Anna has no right to this"}, request=request)
        self.asked.append((url.rsplit("/", 1)[-1], given["headers"]["X-Passgate-Client"]))
        said = CommandResult(accepted=self.accepts, mode=Mode.IDLE, message="as it is")
        return httpx.Response(200, json=said.model_dump(mode="json"), request=request)

    def _session(self, method: str, given: Any, request: httpx.Request) -> httpx.Response:
        if method == "DELETE":
            self.signed_in.append(f"{given['headers']['Authorization']} goes")
            return httpx.Response(204, request=request)
        user, secret = given["json"]["user"], given["json"]["secret"]
        if secret not in (OLLIS, ANNAS):
            return httpx.Response(403, json={"detail": "the name or the password is wrong"}, request=request)
        self.signed_in.append(f"{user} comes")
        return httpx.Response(200, json={"token": f"{user.capitalize()}'s"}, request=request)


STATE = {
    "at": datetime(2026, 1, 1, tzinfo=UTC).isoformat(),
    **{"station": "Line 1", "engine_version": "1", "mode": "idle", "simulated": False, "deadline_ms": 450},
    **{"recipe_name": "cover", "recipe_id": 1, "recipe_version": 1, "tiles": [], "counts": None},
    **{"latency_ms": None, "last": None, "recent": []},
}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    monkeypatch.setattr(httpx, "request", engine.answer)
    return engine


@pytest.fixture
def store(tmp_path: Path) -> StoreSettings:
    return StoreSettings(folder=tmp_path / "record")


@pytest.fixture(scope="module")
def record_with_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Anna is administrator, Ben of quality, Olli an operator."""
    store = StoreSettings(folder=tmp_path_factory.mktemp("people") / "record")
    make_up_to_date(store)
    accounts = Accounts(store, hashing=Hashing(CHEAP()))
    accounts.add_first("Anna", ANNAS, login="root")
    anna = accounts.sign_in("anna", ANNAS, proof=Proof.PASSWORD)
    for name, role, own in (("Ben", Role.QUALITY, BENS), ("Olli", Role.OPERATOR, OLLIS)):
        accounts.add(name, role, GIVEN, by=anna)
        himself = accounts.sign_in(name, GIVEN, proof=Proof.PASSWORD, to_choose_password=True)
        accounts.choose(Proof.PASSWORD, own, by=himself)
    return store.folder


@pytest.fixture
def people(
    passgate: Passgate, monkeypatch: pytest.MonkeyPatch, store: StoreSettings, record_with_people: Path
) -> Challenge:
    """Runs a command on a record of theirs, with what stdin holds."""
    monkeypatch.setattr("app.access.passwords.PasswordHasher", CHEAP)
    copytree(record_with_people, store.folder)

    def run(*arguments: str, typed: tuple[str, ...] = ()) -> Said:
        monkeypatch.setattr("sys.stdin", StringIO("".join(f"{line}\n" for line in typed)))
        return passgate("challenge", *arguments, "--record", store.folder)

    return run


def newest(store: StoreSettings, kinds: frozenset[EventKind]) -> Event | None:
    opened = SqlStore(store)
    opened.open()
    found = opened.last_event(kinds)
    opened.close()
    return found


def test_quality_opens_the_station_by_his_password_and_with_a_reason_on_record(
    people: Challenge, engine: Engine, store: StoreSettings
) -> None:
    done = people("release", "--user", "ben", "--reason", "lamp replaced", typed=(BENS,))
    assert done.code == 0, done.err
    assert engine.asked == [("release", "Ben")]
    signed = newest(store, CHALLENGE_KINDS)
    assert signed is not None
    assert (signed.kind, signed.by) == (EventKind.CHALLENGE_RELEASED, "Ben")
    assert signed.detail == "Ben opened the station: lamp replaced (the challenge failed)"
    assert signed.subjects == ("met", "", "", *FAILED.judged_by)


def test_nobody_else_opens_it_and_what_was_tried_is_on_record(
    people: Challenge, engine: Engine, store: StoreSettings
) -> None:
    release = partial(people, "release", "--reason", "because")
    assert_one_line(release("--user", "olli", typed=(OLLIS,)), "open the station after a challenge")
    assert_one_line(release("--user", "ben", typed=(OLLIS,)), "the name or the password is wrong")
    assert people("release", "--user", "ben", "--reason", " ", typed=(BENS,)).code == 2
    engine.standing = FAILED.model_copy(update={"closed": False, "why": ""})
    assert_one_line(release("--user", "ben", typed=(BENS,)), "no challenge keeps the station closed")
    assert engine.asked == []
    assert newest(store, CHALLENGE_KINDS) is None
    refused = newest(store, frozenset({EventKind.REFUSED}))
    assert refused is not None
    assert refused.by == "Olli"


def test_who_begins_one_says_who_he_is_where_that_is_to_be_on_record(
    people: Challenge, engine: Engine
) -> None:
    assert people("start", "--user", "olli", typed=(OLLIS,)).code == 0
    assert engine.signed_in == ["olli comes", "Bearer Olli's goes"]
    assert_one_line(people("start", "--user", "anna", typed=(ANNAS,)), "has no right to this")
    assert_one_line(people("start", "--user", "olli", typed=(BENS,)), "the name or the password is wrong")
    assert people("abort").code == 0
    assert engine.asked == [("start", "passgate challenge"), ("abort", "passgate challenge")]
    engine.accepts = False
    assert_one_line(people("start"), "as it is")


def test_status_tells_what_a_script_needs(passgate: Passgate, engine: Engine) -> None:
    said = passgate("challenge", "status", "--json")
    assert (said.code, json.loads(said.out)["state"]) == (1, "failed")
    engine.standing = None
    assert_one_line(passgate("challenge", "status"), "the station has no challenge")


def test_an_engine_that_is_not_there_is_named(passgate: Passgate) -> None:
    said = passgate("challenge", "status", "--url", "http://127.0.0.1:9")
    assert_one_line(said, "http://127.0.0.1:9 does not answer")


def test_report_lists_each_look_for_a_study_of_agreement(passgate: Passgate, store: StoreSettings) -> None:
    at = datetime(2026, 1, 1, 6, tzinfo=UTC)

    def event(kind: EventKind, *subjects: str) -> Event:
        return Event(at=at, kind=kind, by="Ben", subjects=("due", "", "r1", *subjects))

    opened = SqlStore(store)
    opened.open()
    opened.note(event(EventKind.CHALLENGE_BEGAN))
    opened.note(event(EventKind.CHALLENGE_PIECE, "golden", "pass", "pass", "right", "7"))
    opened.note(event(EventKind.CHALLENGE_PIECE, "dented", "rework|stop", "pass", "wrong", "8"))
    opened.note(event(EventKind.CHALLENGE_FAILED))
    opened.close()
    asked = ("challenge", "report", "--record", store.folder, "--from", "2026-01-01T05:00Z")
    said = passgate(*asked, "--to", "2026-01-01T07:00Z", "--json")
    told = json.loads(said.out)
    assert said.code == 1
    assert [(look["piece"], look["got"], look["as_expected"]) for look in told["looks"]] == [
        ("golden", Action.PASS, True),
        ("dented", Action.PASS, False),
    ]
    (run,) = told["runs"]
    assert (run["result"], run["looks"], run["wrong"], run["by"]) == ("failed", 2, ["dented"], "Ben")
    assert passgate(*asked, "--to", "2026-01-01T06:00Z", "--json").code == 0
    assert "WRONG" in passgate(*asked, "--to", "2026-01-01T07:00Z").out
