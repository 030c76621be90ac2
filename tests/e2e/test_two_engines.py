"""A second engine, with its own record, at a PLC that has one: it refuses, the first says so and runs on."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.demo.demo import reconcile
from app.testline.panel_auth import PanelKeyAuth
from app.testline.reconciliation import read_plc_log, read_record
from app.testline.rig import LineRig, Tables
from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.on_record import ALARM_KINDS
from inspection.events import Event, EventKind
from reports.database.connecting import open_reader
from reports.settings import StoreSettings
from tests.plc.peers import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PARTS = 10
"""So many go through while the second engine knocks."""
PATIENCE_S = 90.0


def test_the_second_engine_refuses_in_words_the_first_says_so_and_the_line_runs_on(
    tmp_path: Path, taught_library: Path
) -> None:
    tables: Tables = {
        "recipes": str(taught_library),
        "station": {"name": "Test line", "recipe": "cover"},
        "model": {"inspector": "reflex"},
        "cameras": [{"name": "main", "kind": "simulated", "seed": 1, "defect_rate": 0.5}],
    }
    with LineRig(tmp_path, tables=tables, parts=0, rate=40.0, seed=1) as rig:
        second, port = start_second(rig)
        try:
            state = wait_for_halt(port, tmp_path / "second")
            assert "another Passgate engine" in state["mode_reason"]
            assert state["tiles"][0]["health"] == "fault"
            assert any("another Passgate engine" in alarm["text"] for alarm in state["alarms"])
            other = state["mode_reason"].partition("this one (")[2].partition(")")[0]
            (alarm,) = wait_for_alarm(rig, AlarmCode.SECOND_ENGINE)
            assert f"boot id {other}" in alarm["text"]
            assert alarm["active"]
            before = rig.parts_finished()
            rig.watch(until=lambda: rig.parts_finished() >= before + PARTS, on_progress=lambda _: None)
            assert second.poll() is None, "the second engine waits, and says why"
        finally:
            second.terminate()
            second.wait(PATIENCE_S)
    summary = reconcile(read_plc_log(rig.plc_log), read_record(rig.record), restarts=0, folder=tmp_path)
    assert summary.triggers == summary.accounted >= PARTS
    assert summary.released_without_pass == 0
    assert read_record(tmp_path / "second") == [], (
        "nothing of the first one's parts is on the second's record"
    )
    of_it = [
        event
        for event in read_events(rig.record)
        if "another Passgate engine" in event.detail and event.kind not in ALARM_KINDS
    ]
    assert [event.kind for event in of_it] == [EventKind.SECOND_ENGINE], "once, and it halts nothing"
    assert f"boot id {other}" in of_it[0].detail


def read_events(record: Path) -> list[Event]:
    """All events on record."""
    reader = open_reader(StoreSettings(folder=record).url)
    with reader.connect() as connection:
        rows = connection.exec_driver_sql("SELECT record FROM events ORDER BY position").scalars().all()
    reader.dispose()
    return [Event.model_validate_json(row) for row in rows]


def wait_for_alarm(rig: LineRig, code: AlarmCode) -> list[Any]:
    """The alarms of that code, once there are some."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        alarms = httpx.get(f"{rig.url}/api/state", timeout=2.0, auth=rig.auth).json()["alarms"]
        if found := [alarm for alarm in alarms if alarm["code"] == code]:
            return found
        time.sleep(0.1)
    raise AssertionError("the first engine was not told of the second")


def start_second(rig: LineRig) -> tuple["subprocess.Popen[bytes]", int]:
    """The same station's settings, but for its API's port and its record."""
    port = free_port()
    text = (rig.folder / "station.toml").read_text(encoding="utf-8")
    text = text.replace(f"port = {httpx.URL(rig.url).port}", f"port = {port}")
    text = text.replace(str(rig.record), str(rig.folder / "second"))
    config = rig.folder / "second.toml"
    config.write_text(text, encoding="utf-8")
    with (rig.folder / "second.log").open("wb") as sink:
        command = [sys.executable, "-m", "app", "run", "--config", str(config)]
        return subprocess.Popen(command, stdout=sink, stderr=sink), port


def wait_for_halt(port: int, record: Path) -> Any:
    """The second engine's state, once it has halted."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            state = httpx.get(
                f"http://127.0.0.1:{port}/api/state", timeout=2.0, auth=PanelKeyAuth(record)
            ).json()
        except (httpx.HTTPError, ValueError):
            state = {}
        if state.get("mode") == "aborted":
            return state
        time.sleep(0.1)
    raise AssertionError("the second engine has not noticed the first")
