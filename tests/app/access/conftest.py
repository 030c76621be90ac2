"""A record with an administrator, on a clock that is moved by hand, and hashes that cost nothing."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.access.accounts import Accounts
from app.access.making import make_up_to_date
from app.access.passwords import Hashing
from inspection.access.rights import Proof, Role
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


@pytest.fixture(scope="session")
def hashing() -> Hashing:
    return Hashing(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record in which nobody is, made once."""
    folder = tmp_path_factory.mktemp("empty") / "record"
    make_up_to_date(StoreSettings(folder=folder))
    return folder


@pytest.fixture(scope="session")
def peopled(empty: Path, tmp_path_factory: pytest.TempPathFactory, hashing: Hashing) -> Path:
    """A record with Anna and Ben, made once."""
    folder = shutil.copytree(empty, tmp_path_factory.mktemp("peopled") / "record")
    _people(StoreSettings(folder=folder), WallClock(), hashing)
    return folder


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path, empty: Path) -> StoreSettings:
    """Of a record on SQLite, and where a test is marked ``on_both``, on PostgreSQL as well."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return StoreSettings(folder=shutil.copytree(empty, tmp_path / "record"))
    url = request.getfixturevalue("server").emptied()
    settings = StoreSettings(folder=tmp_path / "record", database_url=url)
    make_up_to_date(settings)
    return settings


@pytest.fixture
def accounts(settings: StoreSettings, clock: WallClock, hashing: Hashing, peopled: Path) -> Accounts:
    """With Anna, the administrator, and Ben of quality."""
    if settings.database_url is not None:
        return _people(settings, clock, hashing)
    shutil.copytree(peopled, settings.folder, dirs_exist_ok=True)
    return Accounts(settings, now=clock, hashing=hashing)


def _people(settings: StoreSettings, clock: WallClock, hashing: Hashing) -> Accounts:
    accounts = Accounts(settings, now=clock, hashing=hashing)
    accounts.add_first(ANNA, ANNAS, login="root")
    accounts.add(BEN, Role.QUALITY, GIVEN, by=sign_in(accounts, ANNA, ANNAS))
    ben = accounts.sign_in(BEN, GIVEN, proof=Proof.PASSWORD, to_choose_password=True)
    accounts.choose(Proof.PASSWORD, BENS, by=ben)
    return accounts
