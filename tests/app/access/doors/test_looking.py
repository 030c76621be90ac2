"""The process that looks people up: it knows them by the record, and is lost without harm."""

import asyncio

import pytest

from app.access.accounts import Accounts
from app.access.doors.looking import LookingProcess
from app.access.doors.messages import Looked, SignIn
from app.access.doors.process import look
from app.access.doors.sessions import hash_of
from app.access.keys import add_key, keys_of, read_keys, revoke_key
from app.access.passwords import Hashing
from inspection.access.rights import Proof, Role
from inspection.errors import AccessError
from inspection.events import EventKind
from inspection.messages.codes import Code
from reports.audit.verification import verify_record
from reports.settings import StoreSettings
from tests.app.access.people import ANNA, ANNAS, BEN, BENS, events, sign_in
from tests.reports.postgresql import on_both


def asked(user: str, secret: str, proof: Proof = Proof.PASSWORD) -> Looked:
    return Looked(sign_in=SignIn(user=user, secret=secret, proof=proof), client="console on line3")


def test_who_proves_himself_is_known_with_all_others(
    accounts: Accounts, settings: StoreSettings, hashing: Hashing
) -> None:
    told = look(accounts.record, hashing, asked("ben", BENS))
    assert told.proven is not None
    assert told.people is not None
    assert (told.proven.name, told.proven.role) == (BEN, Role.QUALITY)
    assert told.people.revision_of(BEN) == told.proven.revision
    assert events(settings)[-1].detail == "signed in by password at console on line3"
    assert BENS not in told.model_dump_json()


def test_a_wrong_password_is_refused_in_words_and_no_secret_shows(
    accounts: Accounts, hashing: Hashing
) -> None:
    question = asked(BEN, "something else altogether")
    told = look(accounts.record, hashing, question)
    assert told.proven is None
    assert told.why_not.coded[0].code == Code.SIGN_IN_WRONG
    assert told.why_not == "the name or the password is wrong"
    assert "something else" not in repr(question) + told.model_dump_json()


@on_both
def test_keys_come_and_go_on_record(accounts: Accounts, settings: StoreSettings) -> None:
    anna = sign_in(accounts, ANNA, ANNAS)
    key = add_key(accounts, "MES line 3", Role.OPERATOR, by=anna)
    (kept,) = keys_of(accounts)
    assert (kept.name, kept.role, kept.sha256, kept.by) == ("MES line 3", Role.OPERATOR, hash_of(key), ANNA)
    with pytest.raises(AccessError, match="already"):
        add_key(accounts, "mes LINE 3", Role.QUALITY, by=anna)
    with pytest.raises(AccessError, match="console's own"):
        add_key(accounts, "Panel", Role.OPERATOR, by=anna)
    revoke_key(accounts, "mes line 3", by=anna)
    assert keys_of(accounts) == []
    with pytest.raises(AccessError, match="no key"):
        revoke_key(accounts, "MES line 3", by=anna)
    assert verify_record(settings).intact


def test_a_key_is_given_by_an_administrator_alone(accounts: Accounts, settings: StoreSettings) -> None:
    with pytest.raises(AccessError, match="no right"):
        add_key(accounts, "MES", Role.OPERATOR, by=sign_in(accounts, BEN, BENS))
    assert events(settings)[-1].kind is EventKind.REFUSED
    with accounts.record.transaction() as connection:
        assert read_keys(connection) == {}


def test_a_process_that_is_lost_is_started_again(accounts: Accounts, settings: StoreSettings) -> None:
    async def go() -> None:
        looking = LookingProcess(settings)
        try:
            first = await looking.look(Looked())
            assert first.people is not None
            assert first.people.any_user
            assert looking._process is not None
            looking._process.kill()
            looking._process.wait()
            again = await looking.look(Looked())
            assert again.people == first.people
        finally:
            looking.close()

    asyncio.run(go())


def test_a_process_that_does_not_answer_is_given_up(settings: StoreSettings) -> None:
    async def go() -> None:
        looking = LookingProcess(settings, limit_s=0.0)
        try:
            told = await looking.look(Looked())
            assert told.why_not.coded[0].code == Code.SIGN_IN_UNCHECKED
        finally:
            looking.close()

    asyncio.run(go())
