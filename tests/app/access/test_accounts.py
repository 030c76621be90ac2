"""Users: who may add and change them, that each act is on record, and that no row can be forged unseen."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from app.access.accounts import Accounts
from app.access.passwords import Hashing
from app.access.signing_in import SignedIn
from inspection.access.rights import Proof, Role
from inspection.errors import AccessError, StoreError
from inspection.events import Event, EventKind
from inspection.messages.codes import Code
from inspection.messages.telling import CHINESE
from reports.audit.verification import verify_record
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.app.access.conftest import WallClock
from tests.app.access.people import ANNA, ANNAS, BEN, BENS, BENS_PIN, GIVEN, events, kinds, sign_in
from tests.reports.parts import part
from tests.reports.postgresql import on_both


def anna(accounts: Accounts) -> SignedIn:
    return sign_in(accounts, ANNA, ANNAS)


def tamper(settings: StoreSettings, *statements: str) -> None:
    """As somebody would who may write the database's file."""
    with closing(sqlite3.connect(settings.folder / "inspections.db")) as connection, connection:
        for trigger in ("no_update", "no_delete", "no_replace"):
            connection.execute(f"DROP TRIGGER IF EXISTS users_{trigger}")
        for statement in statements:
            connection.execute(statement)


def test_each_act_is_an_event_with_who_and_when(
    accounts: Accounts, settings: StoreSettings, clock: WallClock
) -> None:
    begun = len(events(settings))
    assert kinds(settings) == ["user_added", "signed_in", "user_added", "signed_in", "password_changed"]
    clock.forward(60)
    accounts.choose(Proof.PIN, BENS_PIN, by=sign_in(accounts, BEN, BENS))
    accounts.give_role(BEN, Role.OPERATOR, by=anna(accounts))
    accounts.give_password(BEN, GIVEN, by=anna(accounts))
    accounts.disable(BEN, by=anna(accounts))
    done = [event for event in events(settings)[begun:] if event.kind is not EventKind.SIGNED_IN]
    assert [(event.kind.value, event.by, event.subjects[0]) for event in done] == [
        ("pin_changed", BEN, BEN),
        ("role_changed", ANNA, BEN),
        ("password_changed", ANNA, BEN),
        ("user_disabled", ANNA, BEN),
    ]
    assert {event.at for event in done} == {clock.now}
    assert CHINESE.tell(done[1].coded) == "用户 Ben 的角色由质量工程师改为操作员"
    report = verify_record(settings)
    assert (report.intact, report.user_rows) == (True, 7)


def test_no_password_and_no_pin_is_in_the_record(accounts: Accounts, settings: StoreSettings) -> None:
    accounts.choose(Proof.PIN, BENS_PIN, by=sign_in(accounts, BEN, BENS))
    with pytest.raises(AccessError):
        sign_in(accounts, BEN, "a wrong one that is close")
    for file in settings.folder.glob("inspections.db*"):
        held = file.read_bytes()
        for secret in (ANNAS, BENS, BENS_PIN, GIVEN, "a wrong one"):
            assert secret.encode() not in held
    assert "argon2" not in "".join(event.model_dump_json() for event in events(settings))


def test_the_first_administrator_is_the_only_one_who_comes_unasked(accounts: Accounts) -> None:
    with pytest.raises(AccessError, match="there are users already"):
        accounts.add_first("Cara", "words of Cara's own", login="root")


@pytest.mark.parametrize("name", ["ben", "ＢＥＮ", " Ben "])
def test_a_name_is_given_once_also_where_it_is_disabled(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccessError, match="that of Ben"):
        accounts.add(name, Role.OPERATOR, GIVEN, by=anna(accounts))
    accounts.disable(BEN, by=anna(accounts))
    with pytest.raises(AccessError, match="who is disabled"):
        accounts.add(name, Role.OPERATOR, GIVEN, by=anna(accounts))
    with pytest.raises(AccessError, match="disabled, and stays so"):
        accounts.give_role(name, Role.OPERATOR, by=anna(accounts))
    with pytest.raises(AccessError, match="is disabled") as refused:
        sign_in(accounts, name, BENS)
    assert refused.value.message.code is Code.SIGN_IN_DISABLED


def test_whoever_has_no_right_changes_nothing_and_it_is_on_record(
    accounts: Accounts, settings: StoreSettings
) -> None:
    ben = sign_in(accounts, BEN, BENS)
    acts: list[Callable[[], object]] = [
        lambda: accounts.add("Cara", Role.OPERATOR, GIVEN, by=ben),
        lambda: accounts.disable(ANNA, by=ben),
        lambda: accounts.give_role(BEN, Role.ADMINISTRATOR, by=ben),
        lambda: accounts.give_password(ANNA, GIVEN, by=ben),
    ]
    for act in acts:
        with pytest.raises(AccessError, match="no right to this") as refused:
            act()
        assert CHINESE.tell(refused.value.sentence.coded) == "用户 Ben（质量工程师）凭密码无权进行此操作"
        last = events(settings)[-1]
        assert (last.kind, last.by) == (EventKind.REFUSED, BEN)
    assert len(accounts.standings()[0]) == 2


def test_a_pin_is_enough_for_no_change_of_users(accounts: Accounts) -> None:
    accounts.choose(Proof.PIN, BENS_PIN, by=anna(accounts))
    by_pin = sign_in(accounts, ANNA, BENS_PIN, Proof.PIN)
    with pytest.raises(AccessError, match="no right to this by PIN"):
        accounts.disable(BEN, by=by_pin)
    with pytest.raises(AccessError, match="knows the password"):
        accounts.choose(Proof.PASSWORD, "another three words", by=by_pin)


def test_a_password_that_somebody_else_knows_opens_nothing_but_its_replacement(
    accounts: Accounts, settings: StoreSettings
) -> None:
    accounts.add("Cara", Role.ADMINISTRATOR, GIVEN, by=anna(accounts))
    with pytest.raises(AccessError, match="given by somebody else"):
        sign_in(accounts, "cara", GIVEN)
    assert kinds(settings)[-1] == "refused"
    cara = accounts.sign_in("cara", GIVEN, proof=Proof.PASSWORD, to_choose_password=True)
    with pytest.raises(AccessError, match="given by somebody else"):
        accounts.choose(Proof.PIN, BENS_PIN, by=cara)
    with pytest.raises(AccessError, match="no right"):
        accounts.disable(BEN, by=cara)
    accounts.choose(Proof.PASSWORD, "Cara's own three words", by=cara)
    accounts.disable(ANNA, by=sign_in(accounts, "cara", "Cara's own three words"))


def test_an_administrator_who_was_disabled_meanwhile_changes_nothing_more(accounts: Accounts) -> None:
    accounts.give_role(BEN, Role.ADMINISTRATOR, by=anna(accounts))
    ben = sign_in(accounts, BEN, BENS)
    accounts.disable(BEN, by=anna(accounts))
    with pytest.raises(AccessError, match="no right"):
        accounts.disable(ANNA, by=ben)


def test_the_last_administrator_who_can_sign_in_stays(accounts: Accounts) -> None:
    accounts.add("Cara", Role.ADMINISTRATOR, GIVEN, by=anna(accounts))  # has not chosen a password yet
    with pytest.raises(AccessError, match="the only administrator"):
        accounts.disable(ANNA, by=anna(accounts))
    with pytest.raises(AccessError, match="the only administrator"):
        accounts.give_role(ANNA, Role.QUALITY, by=anna(accounts))


@on_both
def test_two_who_add_one_name_at_once_add_it_once_and_the_chain_holds(
    accounts: Accounts, settings: StoreSettings, clock: WallClock, hashing: Hashing
) -> None:
    by, both, said = anna(accounts), threading.Barrier(2, timeout=20), []

    def add(name: str) -> None:
        mine = Accounts(settings, now=clock, hashing=hashing)
        both.wait()
        try:
            said.append(mine.add(name, Role.OPERATOR, GIVEN, by=by).name)
        except AccessError as error:
            said.append(error.what)

    threads = [threading.Thread(target=add, args=(name,)) for name in ("Cara", "CARA")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(len(one) > 4 for one in said) == [False, True], said
    assert len(accounts.standings()[0]) == 3
    assert verify_record(settings).intact


@on_both
def test_users_change_beside_an_engine_that_records_parts(
    accounts: Accounts, settings: StoreSettings, clock: WallClock
) -> None:
    store = SqlStore(settings)
    store.open()
    store.append(part(1))
    accounts.give_role(BEN, Role.OPERATOR, by=anna(accounts))
    store.append(part(2))
    store.note(Event(at=clock.now, kind=EventKind.HOLD, by="console"))
    store.close()
    report = verify_record(settings)
    assert (report.intact, report.rows, report.user_rows) == (True, 2, 4), report.reason


def test_what_no_record_takes_is_not_done(accounts: Accounts, settings: StoreSettings) -> None:
    (settings.folder / "inspections.db").rename(settings.folder / "away.db")
    with pytest.raises(StoreError, match="nobody was let in"):
        anna(accounts)


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        ("UPDATE users SET role = 'administrator' WHERE name = 'Ben'", "was changed"),
        ("UPDATE users SET key = 'x' WHERE name = 'Ben' AND revision = 1", "was changed"),
        ("UPDATE users SET revision = 9 WHERE name = 'Ben' AND revision = 1", "was changed"),
        (
            "UPDATE users SET password = (SELECT password FROM users WHERE name = 'Anna Müller')"
            " WHERE name = 'Ben'",
            "was changed",
        ),
        ("UPDATE users SET password = X'00' WHERE name = 'Ben'", "was changed"),
        ("UPDATE users SET own_password = 7 WHERE name = 'Ben'", "cannot be read|was changed"),
        ("DELETE FROM users WHERE name = 'Ben' AND revision = 1", "is absent"),
        (
            "INSERT INTO users SELECT (SELECT event_id FROM events WHERE position = 1), 'ben', 2, name, role,"
            " active, password, own_password, pin FROM users WHERE name = 'Anna Müller'",
            "no event speaks of",
        ),
        ("DROP TABLE users", "is absent"),
    ],
)
def test_a_row_that_is_not_what_its_event_says_opens_nothing_and_is_found(
    accounts: Accounts, settings: StoreSettings, forged: str, reason: str
) -> None:
    tamper(settings, forged)
    report = verify_record(settings)
    assert not report.intact
    with pytest.raises(StoreError, match=reason):
        sign_in(accounts, BEN, BENS)
    if "DROP" not in forged:
        assert anna(accounts).name == ANNA  # nobody else is concerned
        with pytest.raises(AccessError, match="that of Ben"):
            accounts.add(BEN, Role.OPERATOR, GIVEN, by=anna(accounts))


def test_a_user_s_event_that_was_hidden_is_found(accounts: Accounts, settings: StoreSettings) -> None:
    accounts.disable(BEN, by=anna(accounts))
    tamper(
        settings,
        "DROP TRIGGER events_no_update",
        "UPDATE events SET kind = 'hold' WHERE kind = 'user_disabled'",
    )
    assert not verify_record(settings).intact
    with pytest.raises(StoreError, match="no event speaks of"):
        sign_in(accounts, BEN, BENS)


@pytest.mark.parametrize("statement", ["UPDATE users SET name = 'x'", "DELETE FROM users"])
def test_never_rewritten_the_database_itself_refuses_a_change_of_a_user(
    accounts: Accounts, settings: StoreSettings, statement: str
) -> None:
    with (
        closing(sqlite3.connect(settings.folder / "inspections.db")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(statement)
