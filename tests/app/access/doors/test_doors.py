"""Who is let in: sessions that end by themselves, keys, the panel, and what each may."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.access.doors.messages import People, SignIn
from app.access.doors.sessions import MOST, hash_of
from inspection.access.callers import CallerKind
from inspection.access.rights import OF_KEYS, Proof, Right, Role, rights_of_key
from inspection.errors import AccessError
from inspection.events import EventKind
from inspection.messages.codes import Code
from inspection.messages.telling import CHINESE, tell
from tests.app.access.doors.people import (
    MES_KEY,
    OLA,
    PANEL_KEY,
    PASSWORD,
    PIN,
    FakeLooking,
    Noted,
    Seconds,
    doors_of,
)
from tests.fakes import until

AT = "console of anna on line3 (127.0.0.1:5)"


class House:
    """Doors, and what happens around them."""

    def __init__(self) -> None:
        self.looking, self.noted, self.seconds = FakeLooking(), Noted(), Seconds()
        self.doors = doors_of(self.looking, note=self.noted, seconds=self.seconds)

    async def token(self, user: str = "Ola", proof: Proof = Proof.PIN) -> str:
        secret = PIN if proof is Proof.PIN else PASSWORD
        return hash_of(
            (await self.doors.sign_in(SignIn(user=user, secret=secret, proof=proof), client=AT)).token
        )

    async def refused(self, known: str, right: Right) -> AccessError:
        with pytest.raises(AccessError) as caught:
            await self.doors.admit(known, right, client=AT)
        return caught.value


def in_house(test: Callable[[House], Awaitable[None]]) -> Callable[[], None]:
    def wrapped() -> None:
        async def go() -> None:
            house = House()
            await house.doors.look()
            await test(house)

        asyncio.run(go())

    wrapped.__name__, wrapped.__doc__ = getattr(test, "__name__", ""), test.__doc__
    return wrapped


@in_house
async def test_who_has_signed_in_may_what_his_role_may(house: House) -> None:
    ola = await house.token()
    caller = await house.doors.admit(ola, Right.START, client=AT)
    assert caller.by(AT) == f"Ola, {AT}"
    assert tell((), caller.by(AT), "en") == f"Ola, {AT}"
    assert CHINESE.who(caller.by(AT)).startswith("Ola，anna（控制台 line3")
    error = await house.refused(ola, Right.REVIEW)
    assert error.message.code == Code.RIGHT_MISSING
    assert [(kind, by) for kind, by, _ in house.noted] == [(EventKind.REFUSED, f"Ola, {AT}")]
    assert "decide on held parts" in house.noted[0][2]


@in_house
async def test_a_pin_is_not_enough_where_a_password_is_asked_for(house: House) -> None:
    assert (await house.refused(await house.token("Ben"), Right.RELEASE)).message.code == Code.RIGHT_MISSING
    by_password = await house.token("Ben", Proof.PASSWORD)
    assert (await house.doors.admit(by_password, Right.RELEASE, client=AT)).name == "Ben"


@in_house
async def test_a_session_ends_when_it_is_not_used(house: House) -> None:
    ola = await house.token()
    house.seconds.now_s = 599.0
    assert house.doors.used(ola)
    house.seconds.now_s = 599.0 + 599.0
    assert house.doors.used(ola)
    house.seconds.now_s += 600.0
    assert (await house.refused(ola, Right.HOLD)).message.code == Code.CREDENTIAL_UNKNOWN
    assert ola not in house.doors.callers()
    assert house.noted[-1][:2] == (EventKind.SIGNED_OUT, "Ola")
    assert "600 s without a touch" in house.noted[-1][2]


@in_house
async def test_no_session_outlives_the_shift_however_busy(house: House) -> None:
    ola = await house.token()
    to_six = TO_SIX_S
    while house.seconds.now_s < to_six - 1:
        house.seconds.now_s = min(house.seconds.now_s + 500.0, to_six - 1)
        assert house.doors.used(ola)
    house.seconds.now_s = to_six
    assert house.doors.used(ola) is None
    assert "end of the shift" in house.noted[-1][2]


@in_house
async def test_a_sign_out_is_on_record_and_the_token_opens_nothing_when_it_comes_again(house: House) -> None:
    ola = await house.token()
    before = house.doors.version
    assert house.doors.sign_out(ola)
    assert house.doors.version != before
    assert house.noted == [(EventKind.SIGNED_OUT, "Ola", "signed out")]
    assert not house.doors.sign_out(ola)
    assert house.doors.used(ola) is None


@in_house
async def test_a_user_who_was_changed_on_record_is_signed_out(house: House) -> None:
    ola, ben = await house.token(), await house.token("Ben")
    assert house.looking.people is not None
    disabled = OLA.model_copy(update={"usable": False, "revision": 2})
    house.looking.people = house.looking.people.model_copy(
        update={"persons": (house.looking.people.persons[0], disabled)}
    )
    await house.doors.look()
    assert ola not in house.doors.callers()
    assert ben in house.doors.callers()
    assert "has changed" in house.noted[-1][2]


@in_house
async def test_a_record_that_cannot_be_read_lets_nobody_new_in_and_nobody_out(house: House) -> None:
    ola = await house.token()
    house.looking.people = None
    await house.doors.look()
    assert house.doors.used(ola)
    with pytest.raises(AccessError) as caught:
        await house.token("Ben")
    assert caught.value.message.code == Code.SIGN_IN_UNCHECKED


@in_house
async def test_a_key_may_run_the_line_and_nothing_that_a_person_answers_for(house: House) -> None:
    mes = hash_of(MES_KEY)
    assert (await house.doors.admit(mes, Right.START, client="an unnamed client")).name == "MES"
    for right in set(Right) - OF_KEYS:
        assert (await house.refused(mes, right)).message.code == Code.KEY_RIGHT_MISSING
    never = {Right.REVIEW, Right.SIGN, Right.RELEASE, Right.TEACH, Right.USERS}
    assert not never & frozenset[Right]().union(*map(rights_of_key, Role))


@in_house
async def test_a_revoked_key_opens_nothing(house: House) -> None:
    house.looking.people = People()
    await house.doors.look()
    assert house.doors.used(hash_of(MES_KEY)) is None


@in_house
async def test_the_panel_may_look_and_hold_while_nobody_has_signed_in(house: House) -> None:
    panel = hash_of(PANEL_KEY)
    assert (await house.doors.admit(panel, Right.HOLD, client=AT)).by(AT) == AT
    assert (await house.refused(panel, Right.START)).message.code == Code.PERSON_NEEDED


@in_house
async def test_the_panel_starts_the_line_only_until_there_is_a_first_user(house: House) -> None:
    panel, somebody = hash_of(PANEL_KEY), house.looking.people
    house.looking.people = People(any_user=False)
    await house.doors.look()
    assert house.doors.first_day
    assert (await house.doors.admit(panel, Right.START, client=AT)).kind is CallerKind.PANEL
    assert (await house.refused(panel, Right.REVIEW)).message.code == Code.PERSON_NEEDED
    house.looking.people = somebody
    await house.doors.look()
    assert (await house.refused(panel, Right.START)).message.code == Code.PERSON_NEEDED


def test_as_long_as_nobody_knows_whether_there_are_users_the_panel_does_not_start_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.access.doors.doors.KNOWN_WITHIN_S", 0.0)

    async def go() -> None:
        house = House()
        house.looking.people = None
        await house.doors.look()
        assert (await house.refused(hash_of(PANEL_KEY), Right.START)).message.code == Code.PERSON_NEEDED
        assert await house.doors.admit(hash_of(PANEL_KEY), Right.HOLD, client=AT)

    asyncio.run(go())


@in_house
async def test_there_are_so_many_sessions_and_the_idlest_makes_way(house: House) -> None:
    tokens = []
    for second in range(MOST + 1):
        house.seconds.now_s = float(second)
        tokens.append(await house.token())
    assert house.doors.used(tokens[0]) is None
    assert all(map(house.doors.used, tokens[1:]))
    assert "too many" in house.noted[-1][2]


def test_sessions_end_in_time_also_when_people_could_not_be_followed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.access.doors.doors.TIDY_EVERY_S", 0.0)

    async def go() -> None:
        house = House()
        await house.doors.look()
        ola = await house.token()

        async def broken() -> None:
            raise ZeroDivisionError("on purpose")

        monkeypatch.setattr(house.doors, "look", broken)
        running = asyncio.create_task(house.doors.run())
        await asyncio.sleep(0)
        house.seconds.now_s = 600.0
        await until(lambda: ola not in house.doors.callers())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(go())


TO_SIX_S = 6 * 3600.0
"""From midnight to the end of the night shift."""
