"""A record with an administrator, on a clock that is moved by hand, and hashes that cost nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.access.accounts import Accounts
from app.access.making import make_up_to_date
from app.access.passwords import Hashing
from reports.record.users.roles import Proof, Role
from reports.settings import StoreSettings
from tests.app.access.people import ANNA, ANNAS, BEN, BENS, GIVEN, sign_in


class WallClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 6, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> WallClock:
    return WallClock()


@pytest.fixture
def hashing() -> Hashing:
    return Hashing(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSettings:
    """Of a record on SQLite, and where a test is marked ``on_both``, on PostgreSQL as well."""
    on_server = getattr(request, "param", "sqlite") == "postgresql"
    url = request.getfixturevalue("server").emptied() if on_server else None
    settings = StoreSettings(folder=tmp_path / "record", database_url=url)
    make_up_to_date(settings)
    return settings


@pytest.fixture
def accounts(settings: StoreSettings, clock: WallClock, hashing: Hashing) -> Accounts:
    """With Anna, the administrator, and Ben of quality."""
    accounts = Accounts(settings, now=clock, hashing=hashing)
    accounts.add_first(ANNA, ANNAS, login="root")
    accounts.add(BEN, Role.QUALITY, GIVEN, by=sign_in(accounts, ANNA, ANNAS))
    ben = accounts.sign_in(BEN, GIVEN, proof=Proof.PASSWORD, to_choose_password=True)
    accounts.choose(Proof.PASSWORD, BENS, by=ben)
    return accounts
