"""Who stays connected to the record writes quickly, and connects anew where the record failed."""

import pytest
from sqlalchemy import text

from app.access.recording import PeoplesRecord
from inspection.errors import StoreError
from reports.settings import StoreSettings
from tests.app.access.conftest import WallClock
from tests.reports.postgresql import on_both


@on_both
def test_one_connection_serves_what_is_written_until_it_fails(
    settings: StoreSettings, clock: WallClock
) -> None:
    record = PeoplesRecord(settings, now=clock, lasting=True)

    def connected() -> int:
        with record.transaction(writes=True) as connection:
            return id(connection.connection.driver_connection)

    first = connected()
    assert connected() == first
    with pytest.raises(StoreError), record.transaction(writes=True) as connection:
        connection.execute(text("SELECT nothing"))
    assert record._writer is None
    connected()
    record.close()
    record.close()
    assert record._writer is None


def test_who_does_not_ask_for_it_holds_no_connection(settings: StoreSettings, clock: WallClock) -> None:
    record = PeoplesRecord(settings, now=clock)
    with record.transaction(writes=True):
        pass
    assert record._writer is None
