"""A plant database for the tests of a file, and for each test two stations that have pushed nothing yet."""

from itertools import count

import pytest

from tests.reports.plants import Plant, plant_on, two_stations
from tests.reports.postgresql import Server

_NUMBERS = count(1)


@pytest.fixture(scope="module")
def plant_url(server: Server) -> str:
    return plant_on(server)


@pytest.fixture
def plant(server: Server, plant_url: str) -> Plant:
    return two_stations(server, plant_url, next(_NUMBERS))
