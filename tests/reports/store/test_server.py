"""Promise 1 on a server that dies, hangs, or is another's for a while: nothing lost, doubled, reordered."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import text

from inspection.decision import RecipeRef
from inspection.errors import RecordRefusedError, StoreError
from inspection.part import Inspection
from reports.audit.verification import verify_record
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.parts import closed, part
from tests.reports.postgresql import Server
from tests.reports.stores import HandClock, OpenStore, outside

RETRY_S = 1.0
OF_THE_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGSTOP and SIGKILL")


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> StoreSettings:
    return StoreSettings(folder=tmp_path / "record", database_url=server.emptied(), busy_timeout_ms=100)


def elsewhere(settings: StoreSettings, folder: Path) -> StoreSettings:
    """Another station that was given the same database."""
    return settings.model_copy(update={"folder": folder})


def on_record(settings: StoreSettings) -> list[tuple[str, int]]:
    report = verify_record(settings)
    assert (report.intact, report.spool.waiting) == (True, 0), report.reason
    with outside(settings) as connection:
        query = text("SELECT inspection_id, revision FROM inspections ORDER BY position")
        return [tuple(row) for row in connection.execute(query)]


def drained(store: SqlStore, clock: HandClock) -> None:
    for _ in range(100):
        clock.forward(100 * RETRY_S)
        store.maintain()
        if not store.health().degraded:
            return
    pytest.fail(store.health().detail)


def test_accounted_a_server_that_dies_and_comes_back_under_load(
    store: SqlStore, settings: StoreSettings, clock: HandClock, server: Server
) -> None:
    """Parts come as fast as they are taken, each with its outcome, while the server is killed and started."""
    running, back, died = Event(), Event(), Event()
    appended: list[Inspection] = []

    def line() -> None:
        number = after = 0
        while after < 20:
            number, after = number + 1, after + back.is_set()
            for record in (part(number), closed(part(number))):
                clock.forward(RETRY_S)  # the database is asked again each time
                store.append(record)
                appended.append(record)
            if store.health().degraded:
                died.set()
            if number == 20:
                running.set()

    thread = Thread(target=line, daemon=True)
    thread.start()
    try:
        assert running.wait(20)
        server.stop()
        assert died.wait(20)
    finally:
        server.start()
        back.set()
        thread.join(60)
    assert not thread.is_alive()
    drained(store, clock)
    assert on_record(settings) == [(one.inspection_id, one.revision) for one in appended]


@contextmanager
def hanging(settings: StoreSettings) -> Iterator[None]:
    """The server stands still, and answers what it was told when it goes on."""
    with outside(settings) as connection:
        pids = connection.scalars(text(f"SELECT pid {OF_THE_OTHERS}")).all()
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_accounted_a_server_that_hangs_holds_the_line_up_for_a_moment_and_not_for_ever(
    settings: StoreSettings, open_store: OpenStore, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.database.database.WRITER_PATIENCE_S", 0.8)  # more than it waits for the lock
    store = open_store()
    store.append(part(1))
    with hanging(settings):
        store.append(part(2))
        assert "has not ended a connection of ours" in store.health().detail
        clock.forward(RETRY_S)
        store.append(part(3))
        assert store.health().spooled == 2
    drained(store, clock)
    store.append(part(4))
    assert on_record(settings) == [(part(number).inspection_id, 0) for number in (1, 2, 3, 4)]


def test_a_long_statement_of_an_upgrade_is_waited_for(
    settings: StoreSettings, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.database.database.WRITER_PATIENCE_S", 0.6)
    with outside(settings) as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql"
            " AS $$ BEGIN PERFORM pg_sleep(0.9); END $$"
        )
        connection.exec_driver_sql(
            "CREATE EVENT TRIGGER slow ON ddl_command_end WHEN tag IN ('ALTER TABLE') EXECUTE FUNCTION slow()"
        )
    try:
        assert not open_store().health().degraded
    finally:
        with outside(settings) as connection:
            connection.exec_driver_sql("DROP EVENT TRIGGER slow")


HOLDER = """
import signal, sys
from reports.settings import StoreSettings
from reports.store.store import SqlStore

store = SqlStore(StoreSettings.model_validate_json(sys.argv[1]))
store.open()
print("open", flush=True)
signal.pause()
"""


def test_one_writer_another_engine_is_refused_until_the_first_is_gone_and_at_once_then(
    settings: StoreSettings, open_store: OpenStore, tmp_path: Path
) -> None:
    holder = elsewhere(settings, tmp_path / "holder").model_dump_json()
    with subprocess.Popen([sys.executable, "-c", HOLDER, holder], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(StoreError, match="in use by another Passgate engine"):
            open_store()
        process.kill()
    open_store().append(part(1))


def test_one_writer_who_lost_the_connection_to_another_engine_waits_and_writes_nothing(
    store: SqlStore, settings: StoreSettings, open_store: OpenStore, clock: HandClock, tmp_path: Path
) -> None:
    store.append(part(1))
    with outside(settings) as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid, 5000) {OF_THE_OTHERS}"))
    other = open_store(elsewhere(settings, tmp_path / "other"))
    store.append(part(2))
    assert "another Passgate engine writes it" in store.health().detail
    other.append(closed(part(1)))
    other.close()
    drained(store, clock)
    assert [revision for _, revision in on_record(settings)] == [0, 1, 0]


def test_a_record_that_fits_no_column_is_refused_and_holds_nothing_up(
    store: SqlStore, settings: StoreSettings
) -> None:
    """It would wait in the spool for ever, and all that came after it."""
    decision = part(1).decision
    endless = decision.model_copy(update={"recipe": RecipeRef(id=3, version=1 << 40)})
    with pytest.raises(RecordRefusedError, match="out of range"):
        store.append(part(1).model_copy(update={"decision": endless}))
    store.append(part(2))
    assert on_record(settings) == [(part(2).inspection_id, 0)]


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_keep_every_text_is_refused_with_what_to_do(
    settings: StoreSettings, open_store: OpenStore, server: Server, encoding: str
) -> None:
    url = server.emptied(encoding.lower(), f"ENCODING '{encoding}' TEMPLATE template0")
    with pytest.raises(StoreError, match=f"encoding is {encoding}; make it with ENCODING 'UTF8'"):
        open_store(settings.model_copy(update={"database_url": url}))
