"""A signature through the process of its own: who may signs, and whoever may not is told why, on record."""

import asyncio
from datetime import date, timedelta

import pytest

from app.access.accounts import Accounts
from app.reporting.maker import ReportDeniedError
from app.reporting.on_request import shift_asked, sign_asked
from app.settings.station import Settings, StationTable
from inspection.access.rights import Meaning
from inspection.cameras.settings import SimulatedSettings
from inspection.messages.telling import CHINESE
from inspection.signing.shown import SignOrder
from inspection.times.shifts import NoSuchShiftError, Shift
from reports.queries.shifts import signed_shift_of
from reports.settings import StoreSettings
from tests.app.access.conftest import WallClock, accounts, clock, empty, hashing, peopled, settings
from tests.app.access.people import BEN, BENS, kinds, on_record
from tests.reports.parts import START, closed, part

__all__ = ["accounts", "clock", "empty", "hashing", "peopled", "settings"]

EARLY = Shift("Early", date(2026, 3, 2), START, START + timedelta(hours=8))
"""As it was when it was signed: no shift of today's settings."""


def station_of(store: StoreSettings) -> Settings:
    return Settings(station=StationTable(recipe="cover"), cameras=(SimulatedSettings(),), store=store)


def order(password: str) -> SignOrder:
    return SignOrder(day=EARLY.date, shift=EARLY.name, meaning=Meaning.WRITTEN, user=BEN, password=password)


def test_who_may_signs_and_the_list_shows_it(
    accounts: Accounts, settings: StoreSettings, clock: WallClock
) -> None:
    on_record(settings, part(1), closed(part(1)))
    station = station_of(settings)
    with pytest.raises(ReportDeniedError) as denied:
        asyncio.run(sign_asked(station, EARLY, order("a guess")))
    assert denied.value.sentence in str(denied.value)
    assert "密码" in CHINESE.tell(denied.value.sentence.coded)
    assert kinds(settings)[-1] == "sign_in_failed"
    done = asyncio.run(sign_asked(station, EARLY, order(BENS)))
    assert (done.signature.name, done.nth) == (BEN, 1)
    assert kinds(settings)[-1] == "report_signed"
    assert signed_shift_of(settings, EARLY.date, EARLY.name) == EARLY
    found = shift_asked(station, EARLY.date, EARLY.name, now=clock())
    assert found == EARLY, "by its old name, which the settings do not have any more"


def test_a_shift_that_was_never_there_is_told(settings: StoreSettings, clock: WallClock) -> None:
    station = station_of(settings)
    with pytest.raises(NoSuchShiftError, match="there is no shift"):
        shift_asked(station, EARLY.date, "Early", now=clock())
    name = station.station.calendar.shift_of(clock() + timedelta(days=1)).name
    with pytest.raises(NoSuchShiftError, match="has not begun"):
        shift_asked(station, EARLY.date + timedelta(days=2), name, now=clock())
    assert shift_asked(station, None, "", now=clock()) == station.station.calendar.shift_of(clock())
