"""``passgate review``: whose word counts, what the record says of it, and what is refused in one line."""

import json
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from shutil import copytree

import pytest
from argon2 import PasswordHasher

from app.access.accounts import Accounts
from app.access.passwords import Hashing
from inspection.access.rights import Proof, Role
from inspection.decision import Action
from inspection.part import Outcome
from reports.audit.verification import verify_record
from reports.settings import StoreSettings
from tests.app.access.people import events, on_record
from tests.app.running import Passgate, Said, assert_one_line
from tests.reports.parts import closed, part

ANNAS, BENS, OLLIS, GIVEN, PIN = (
    "Anna's own words",
    "Ben's own words",
    "Olli's own words",
    "to begin with, once",
    "271828",
)
CHEAP = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
Review = Callable[..., Said]


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two held parts and one that passed; Ben is of quality and has a PIN, Olli is an operator."""
    store = StoreSettings(folder=tmp_path_factory.mktemp("peopled") / "record")
    held = [part(number, action=Action.MANUAL_REVIEW) for number in (1, 2)]
    passed = part(3)
    on_record(store, *held, passed, closed(held[0], Outcome.HELD), closed(passed))
    accounts = Accounts(store, hashing=Hashing(CHEAP()))
    accounts.add_first("Anna", ANNAS, login="root")
    anna = accounts.sign_in("anna", ANNAS, proof=Proof.PASSWORD)
    for name, role, own in (("Ben", Role.QUALITY, BENS), ("Olli", Role.OPERATOR, OLLIS)):
        accounts.add(name, role, GIVEN, by=anna)
        himself = accounts.sign_in(name, GIVEN, proof=Proof.PASSWORD, to_choose_password=True)
        accounts.choose(Proof.PASSWORD, own, by=himself)
    accounts.choose(Proof.PIN, PIN, by=accounts.sign_in("Ben", BENS, proof=Proof.PASSWORD))
    return store.folder


@pytest.fixture
def store(tmp_path: Path, peopled: Path) -> StoreSettings:
    """A copy of it."""
    return StoreSettings(folder=copytree(peopled, tmp_path / "record"))


@pytest.fixture
def review(passgate: Passgate, monkeypatch: pytest.MonkeyPatch, store: StoreSettings) -> Review:
    """Runs a command on that record, with what stdin holds."""
    monkeypatch.setattr("app.access.passwords.PasswordHasher", CHEAP)

    def run(*arguments: str, typed: str = BENS) -> Said:
        monkeypatch.setattr("sys.stdin", StringIO(f"{typed}\n"))
        return passgate("review", *arguments, "--record", store.folder)

    return run


def test_quality_reviews_by_password_or_pin_and_each_word_is_on_record(
    review: Review, store: StoreSettings
) -> None:
    assert "2 held parts are not reviewed" in review("list").out
    said = review("answer", "1001", "defect", "--type", "scratch", "--user", "ben", "--json")
    assert said.code == 0, said.err
    first = json.loads(said.out)
    assert (first["by"], first["type"], first["revision"]) == ("Ben", "scratch", 1)
    again = ("answer", f"{1:032x}", "good", "--user", "ben", "--reason", "dust, wiped off")
    assert_one_line(review(*again), "Ben has reviewed it since it was looked up")
    done = review(*again, "--replaces", str(first["position"]), "--pin", typed=PIN)
    assert done.code == 0, done.err
    noted = [event.kind.value for event in events(store) if event.kind.value in ("reviewed", "refused")]
    assert noted == ["reviewed", "refused", "reviewed"]
    shown = review("show", "1001").out
    assert "by Ben: scratch" in shown
    assert "by Ben: good: dust, wiped off" in shown
    assert "1 held parts are not reviewed" in review("list").out
    assert "good: dust, wiped off, by Ben" in review("list", "--done").out
    assert verify_record(store).intact


def test_nobody_else_reviews_and_what_was_tried_is_on_record(review: Review, store: StoreSettings) -> None:
    assert_one_line(review("answer", "1002", "good", "--user", "olli", typed=OLLIS), "decide on held parts")
    assert_one_line(
        review("answer", "1002", "good", "--user", "ben", typed=OLLIS), "the name or the password"
    )
    assert "2 held parts are not reviewed" in review("list").out


def test_what_is_no_review_is_refused_before_anybody_signs_in(review: Review, store: StoreSettings) -> None:
    before = len(events(store))
    answer = partial(review, "answer", "--user", "ben")
    assert_one_line(answer("1002", "dont_know"), "who does not know says why")
    assert_one_line(answer("1002", "defect"), "a type of defect is named")
    assert_one_line(answer("1002", "good", "--reason", "x" * 501), "500")
    assert_one_line(answer("4711", "good"), "no part 4711 is on record")
    assert len(events(store)) == before
    assert_one_line(answer("1003", "defect", "--type", "dent"), "so a reason is needed")


def test_the_list_goes_on_where_a_page_ended(review: Review) -> None:
    page = json.loads(review("list", "--limit", "1", "--json").out)
    assert [one["part_id"] for one in page["parts"]] == [1001]
    behind = json.loads(review("list", "--cursor", str(page["cursor"]), "--json").out)
    assert [one["part_id"] for one in behind["parts"]] == [1002]
    assert behind["cursor"] is None
