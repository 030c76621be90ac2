"""``passgate user``: secrets by stdin, never shown; every refusal one line; what it prints."""

import getpass
import io
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.access.making import make_up_to_date
from app.command_line import secrets
from reports.settings import StoreSettings
from tests.app.running import Passgate, Said, assert_one_line

ANNAS, BENS, GIVEN = "Anna's own three words", "Ben's own three words", "to begin with, once"
User = Callable[..., Said]


@pytest.fixture
def user(passgate: Passgate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> User:
    """``passgate user …`` on one record, with what stdin holds, and hashes that cost nothing."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("app.access.passwords.PasswordHasher", cheap)

    def run(*arguments: str, typed: tuple[str, ...] = ()) -> Said:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        said = passgate("user", *arguments, "--record", tmp_path / "record")
        for secret in typed:
            assert secret not in said.out + said.err
        return said

    return run


@pytest.fixture
def anna(user: User) -> None:
    assert user("add", "Anna", "--role", "administrator", typed=(ANNAS,)).code == 0


@pytest.fixture
def ben(user: User, anna: None) -> None:
    assert user("add", "Ben", "--role", "quality", "--by", "anna", typed=(ANNAS, GIVEN)).code == 0
    assert user("password", "ben", typed=(GIVEN, BENS)).code == 0


def test_from_an_empty_station_to_people_with_rights(user: User, passgate: Passgate, tmp_path: Path) -> None:
    make_up_to_date(StoreSettings(folder=tmp_path / "record"))  # as the station's first start does
    assert "there is no user yet" in user("list").out
    assert_one_line(user("add", "Ben", "--role", "quality"), "the first user is an administrator")
    assert_one_line(user("add", "Anna", "--role", "administrator"), "nothing came")
    assert "Anna, administrator: added" in user("add", "Anna", "--role", "administrator", typed=(ANNAS,)).out
    assert_one_line(user("add", "Cara", "--role", "administrator", typed=(BENS,)), "by an administrator")
    added = user("add", "Ben", "--role", "quality", "--by", "anna", "--json", typed=(ANNAS, GIVEN))
    assert json.loads(added.out) == {"name": "Ben", "role": "quality", "active": True, "done": "added"}
    verified = passgate("record", "verify", "--record", tmp_path / "record")
    assert verified.code == 0
    assert "2 rows of users are what the events say" in verified.out


def test_a_user_makes_password_and_pin_his_own_and_tries_them(user: User, ben: None) -> None:
    assert user("pin", "ben", typed=(BENS, "271828")).code == 0
    said = json.loads(user("check", "BEN", "--pin", "--json", typed=("271828",)).out)
    assert (said["name"], said["role"], said["proof"]) == ("Ben", "quality", "PIN")
    assert "has signed in by password" in user("check", "ben", typed=(BENS,)).out
    assert_one_line(user("check", "ben", typed=(GIVEN,)), "the name or the password is wrong")
    assert_one_line(user("pin", "ben", typed=(BENS, "987654")), "no row of digits")


def test_an_administrator_changes_roles_gives_passwords_and_disables(user: User, ben: None) -> None:
    assert "Ben, operator: changed" in user("role", "ben", "operator", "--by", "anna", typed=(ANNAS,)).out
    assert user("password", "ben", "--by", "anna", typed=(ANNAS, GIVEN)).code == 0
    assert "Ben, operator: disabled" in user("disable", "ben", "--by", "anna", typed=(ANNAS,)).out
    assert_one_line(user("check", "ben", typed=(GIVEN,)), "Ben is disabled")
    listed = json.loads(user("list", "--json").out)
    assert [(one["name"], one["active"], one["own_password"]) for one in listed["users"]] == [
        ("Anna", True, True),
        ("Ben", False, False),
    ]
    table = user("list").out
    assert "disabled" in table
    assert "given" in table


def test_whoever_has_no_right_is_told_so_in_one_line(user: User, ben: None) -> None:
    refused = user("disable", "anna", "--by", "ben", "--json", typed=(BENS,))
    assert_one_line(refused, "no right to this by password: add, change and disable users")
    assert json.loads(refused.out)["error"]["kind"] == "access"


def test_a_locked_name_is_told_how_long(user: User, ben: None) -> None:
    for _ in range(3):
        assert user("check", "ben", typed=("not Ben's own words",)).code == 1
    assert_one_line(user("check", "ben", typed=(BENS,)), r"locked after 3 failed sign-ins, for \d+ s")
    assert json.loads(user("list", "--json").out)["users"][1]["locked_s"] > 0


def test_the_rights_are_one_table_for_people_and_programs(passgate: Passgate) -> None:
    rights = json.loads(passgate("user", "rights", "--json").out)["rights"]
    assert rights["users"] == {
        "right": "add, change and disable users",
        "roles": ["administrator"],
        "proof": "password",
        "asked_for": True,
    }
    assert rights["hold"]["proof"] is None
    table = passgate("user", "rights").out
    assert "maintenance" in table
    assert "sign shift reports" in table
    assert "So far it is asked who somebody is to" in " ".join(table.split())


def test_at_a_terminal_nothing_is_shown_and_a_new_password_is_typed_twice(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def ask(*typed: str) -> str:
        answers = iter(typed)
        monkeypatch.setattr(sys, "stdin", Terminal())
        monkeypatch.setattr(getpass, "getpass", lambda prompt, stream: next(answers))
        return secrets.ask("password of Ada", twice=True)

    assert ask("three quiet words", "three quiet words") == "three quiet words"
    with pytest.raises(Exception, match="repeated otherwise"):
        ask("three quiet words", "three quiet word")


def test_stdin_that_is_no_text_is_refused_in_one_line(
    passgate: Passgate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe secret\n"), encoding="utf-8"))
    said = passgate("user", "add", "A", "--role", "administrator", "--record", tmp_path / "record")
    assert_one_line(said, "no UTF-8")
    assert "secret" not in said.err


@pytest.mark.parametrize(
    "asked",
    [
        ("list",),
        ("check", "Anna"),
        ("password", "Anna"),
        ("disable", "Anna", "--by", "Ben"),
        ("add", "Anna", "--role", "operator", "--by", "Ben"),
    ],
    ids=" ".join,
)
def test_where_there_is_no_record_none_is_made(user: User, tmp_path: Path, asked: tuple[str, ...]) -> None:
    said = user(*asked, typed=(ANNAS,))
    assert said.code == 1
    assert "There is no record at" in said.err
    assert not (tmp_path / "record").exists()


def test_a_program_is_given_a_key_once_and_loses_it(user: User, ben: None) -> None:
    assert "no program has a key" in user("key", "list").out
    said = user("key", "add", "MES", "--role", "operator", "--by", "anna", typed=(ANNAS,))
    key, told = said.out.strip(), said.err
    assert len(key) >= 43
    assert "order Start or Reset" in told
    assert "sign" not in told
    listed = user("key", "list", "--json").out
    assert [(one["name"], one["role"], one["by"]) for one in json.loads(listed)["keys"]] == [
        ("MES", "operator", "Anna")
    ]
    assert key not in listed
    refused = user("key", "add", "Other", "--role", "operator", "--by", "ben", typed=(BENS,))
    assert_one_line(refused, "has no right")
    assert "MES: revoked" in user("key", "revoke", "mes", "--by", "anna", typed=(ANNAS,)).out
    assert json.loads(user("key", "list", "--json").out) == {"keys": []}
