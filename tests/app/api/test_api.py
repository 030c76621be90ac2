"""The API of a station at work: what it tells, what it takes, and whom it refuses."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from inspection.certification.certificate import Certification
from inspection.decision import Action
from inspection.levels import to_8_bits
from inspection.line_events import (
    Halted,
    LineEvent,
    LineState,
    OutcomeReported,
    PartMissed,
    PartTriggered,
    ResultAccepted,
)
from inspection.part import Frame, MissedCause, Outcome
from inspection.status import Health, Mode, StationStatus, Subsystem, Tile
from inspection.unheard import Unheard
from plc.diagnostics.diagnostics import LinkDiagnostics
from plc.diagnostics.register_image import RegisterImage
from plc.diagnostics.timeline import Handshake
from plc.link import ModbusLine
from plc.register_map.registers import LineBlock, VisionBits
from reports.pictures.archive import encode
from tests.app.api.serving import FakeEngine, client_of, in_engine, in_engine_with
from tests.app.pictures import decoded
from tests.fakes import (
    BOOT,
    certificate,
    trigger,
    until,
)
from tests.inspection.challenge.test_plan import plan
from tests.plc.handshaking import RUNNING, decision_on
from tests.plc.peers import ForeignPlc, eventually, running


def station(line: ModbusLine, event: LineEvent) -> None:
    """Passes every part at once."""
    if isinstance(event, PartTriggered):
        decision = decision_on(event.trigger, Action.PASS)
        line.publish(event.trigger, decision, defect_code=0, simulated=False)


@in_engine
async def test_the_state_tells_the_last_part_and_the_age_of_everything(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    engine.line.post(PartTriggered(trigger(1)))
    engine.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    await asyncio.wait_for(engine.line.acknowledged.get(), 10)
    engine.clock.advance(250)
    status = StationStatus.model_validate((await client.get("/api/state")).json())
    assert status.last is not None
    assert status.last.outcome is Outcome.RELEASED
    assert status.counts is not None
    assert status.counts.triggers == 1
    ages = {tile.subsystem: tile.age_ms for tile in status.tiles}
    assert ages[Subsystem.CAMERA] == 250.0
    history = (await client.get("/api/history", params={"limit": 5})).json()
    assert [part["trigger"]["seq"] for part in history] == [1]


@in_engine
async def test_promise_6_a_wall_clock_that_is_set_back_makes_no_picture_younger_or_older(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    engine.line.post(PartTriggered(trigger(1)))
    await asyncio.wait_for(engine.line.published.get(), 10)
    taken = engine.station.cameras.frames["main"]
    for moved in (timedelta(hours=-1), timedelta(hours=1)):
        frame = replace(taken, captured_at=datetime.now(UTC) + moved, captured_ns=time.monotonic_ns())
        engine.station.cameras.frames["main"] = frame
        age_ms = float((await client.get("/api/cameras/main/picture")).headers["X-Age-Ms"])
        assert 0.0 <= age_ms < 60_000.0
        engine.station.cameras.frames["main"] = replace(frame, captured_ns=engine.clock.monotonic_ns())
        engine.clock.advance(250)
        status = StationStatus.model_validate((await client.get("/api/state")).json())
        assert {tile.subsystem: tile.age_ms for tile in status.tiles}[Subsystem.CAMERA] == 250.0


@in_engine
async def test_before_the_first_part_nothing_is_claimed(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    status = StationStatus.model_validate((await client.get("/api/state")).json())
    assert status.last is None
    assert status.latency_ms is None
    assert {tile.subsystem: tile.age_ms for tile in status.tiles}[Subsystem.CAMERA] is None
    assert (await client.get("/api/cameras/main/picture")).status_code == 404


@in_engine
async def test_the_state_says_which_certificate_holds_or_why_none_does(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    async def shown() -> StationStatus:
        return StationStatus.model_validate((await client.get("/api/state")).json())

    assert (await shown()).certification.reason == "no certificate was issued"
    engine.station.certification = Certification(certificate=certificate(), reason="")
    status = await shown()
    assert status.certification.certificate == certificate()
    engine.station.judge.last_decision_ns = 1
    model = next(tile for tile in (await shown()).tiles if tile.subsystem == "model")
    assert "certified: at most 5 % escapes" in model.text


@in_engine
async def test_hold_and_start_do_what_they_say(engine: FakeEngine, client: httpx.AsyncClient) -> None:
    assert (await client.post("/api/commands/hold")).json()["mode"] == "held"
    held = engine.line.ready
    assert not held
    assert (await client.post("/api/commands/start")).json()["accepted"]
    assert engine.line.ready
    assert (await client.post("/api/commands/explode")).status_code == 422


@in_engine_with(plan(shift_start=False))
async def test_a_challenge_is_begun_and_ended_by_clients_and_opened_by_no_mere_word(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    async def order(name: str) -> tuple[bool, str]:
        said = (await client.post(f"/api/challenge/{name}")).json()
        return said["accepted"], said["message"]

    async def state() -> str:
        shown = (await client.get("/api/state")).json()["challenge"]
        return f"{shown['state']}, {shown['round'] and shown['round']['next']}"

    assert (await client.get("/api/state")).json()["challenge"]["closed"]
    assert await state() == "due, None"
    assert (await order("start"))[0]
    assert await state() == "due, golden"
    assert not (await order("release"))[0]
    assert (await order("abort"))[0]
    assert await order("release") == (
        False,
        "the record holds no release by quality for what keeps the station closed",
    )
    assert await state() == "due, None"
    assert (await client.post("/api/challenge/pass")).status_code == 422


@in_engine
async def test_a_reset_does_not_pretend_that_it_ends_the_plcs_latch(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    engine.line.post(Halted("the PLC's heartbeat is frozen"))
    await until(lambda: engine.station.mode is Mode.ABORTED)
    answer = (await client.post("/api/commands/reset")).json()
    assert not answer["accepted"]
    assert "PLC" in answer["message"]
    status = StationStatus.model_validate((await client.get("/api/state")).json())
    assert status.mode_reason == "the PLC's heartbeat is frozen"
    assert any(alarm.active for alarm in status.alarms) or status.tiles[0].health is not Health.OK


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        (
            "The spool /var/lib/passgate/record/spool/spool.jsonl cannot be written: "
            "[Errno 28] No space left on device: '/var/lib/passgate/record/spool/spool.jsonl'",
            "takes no part: No space left on device",
        ),
        (
            "The spool /var/lib/passgate/spool.jsonl is full (1048576 of 1048576 bytes)",
            "takes no part: The spool spool.jsonl is full (1048576 of 1048576 bytes)",
        ),
        (r"cannot be written: [WinError 112] no room: 'D:\\record\\spool.jsonl'", "takes no part: no room"),
    ],
)
def test_the_records_tile_shows_the_reason_and_not_a_path(tmp_path: Path, detail: str, shown: str) -> None:
    engine = FakeEngine(tmp_path)
    engine.store.full, engine.store.detail = True, detail
    tile = engine.status().tiles[-1]
    assert (tile.health, tile.text, tile.detail) == (Health.FAULT, shown, detail)


def test_before_the_record_is_taken_up_nobody_is_told_counts(tmp_path: Path) -> None:
    async def go() -> None:
        engine = FakeEngine(tmp_path)
        assert engine.status().counts is None
        running = asyncio.create_task(engine.station.run())
        await engine.station.desk.open.wait()
        counts = engine.status().counts
        assert counts is not None
        assert (counts.triggers, counts.since) == (0, engine.station.telemetry.counts.since)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(go())


def test_the_models_tile_says_which_types_nobody_can_name(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path)
    engine.unheard = Unheard(types=("crack", "porosity"), lost={"crack": Action.STOP})
    tile = engine.status().tiles[2]
    assert (tile.health, tile.text) == (Health.WARNING, "nobody can name crack, porosity")
    assert "(crack: stop)" in tile.detail
    assert "uncertified" in tile.detail


def test_the_models_tile_says_that_the_model_is_away_though_no_part_met_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost between two parts: no judgement failed, and it must not look well."""
    engine = FakeEngine(tmp_path)
    engine.clock.advance(5)
    engine.station.judge.last_decision_ns = 1
    assert engine.status().tiles[2].health is Health.OK
    away = "waits for the model: its process ended; it is started anew"
    monkeypatch.setattr("inspection.station.judging.Judge.model_absent", away)
    tile = engine.status().tiles[2]
    assert (tile.health, tile.text) == (Health.FAULT, away)


BEATING = LineState(connected=True, enabled=True, read_ns=490_000_000, belt_speed_mm_s=200)


def test_the_plcs_tile_says_what_holds_the_line_up_the_weightiest_first(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path)
    engine.clock.advance(500)

    def shown(state: LineState) -> Tile:
        engine.line.shown = state
        return engine.status().tiles[0]

    halted = replace(BEATING, halted=True, halt_reason="it is so")
    states = [
        (BEATING, Health.OK, "belt 200 mm/s"),
        (replace(BEATING, counting_missed=True), Health.WARNING, "recording missed parts"),
        (replace(BEATING, enabled=False, counting_missed=True), Health.WARNING, "not enabled"),
        (replace(BEATING, bypassed=True, enabled=False), Health.WARNING, "bypass key turned"),
        (replace(BEATING, bypassed=True, read_ns=0), Health.UNKNOWN, "does not answer"),
        (replace(BEATING, bypassed=True, connected=False), Health.FAULT, "no connection"),
        (replace(BEATING, connected=False, down_reason="its block is empty"), Health.FAULT, "is empty"),
        (replace(halted, connected=False, halt_brief="clear the belt"), Health.FAULT, "clear the belt"),
    ]
    for state, health, text in states:
        tile = shown(state)
        assert (tile.health, text in tile.text) == (health, True), (state, tile)
    assert shown(states[-1][0]).detail == "it is so"
    assert shown(halted).text == "it is so"
    assert shown(replace(BEATING, notice="the PLC lacks FC23")).detail == "the PLC lacks FC23"


@in_engine
async def test_the_bypass_key_is_in_the_state_and_no_mode_claims_to_inspect(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    assert (await client.get("/api/state")).json()["bypassed"] is False
    engine.line.shown = replace(BEATING, bypassed=True)
    told = (await client.get("/api/state")).json()
    assert (told["bypassed"], told["mode"]) == (True, "suspended")
    assert "bypass" in told["mode_reason"]
    engine.line.post(PartMissed(trigger(1), MissedCause.BYPASS))
    await until(lambda: bool(engine.store.revisions))
    (part,) = (await client.get("/api/history")).json()
    assert (part["missed"], part["published"]) == ("bypass", False)
    assert (await client.post("/api/commands/hold")).json()["mode"] == "held"


@in_engine
async def test_the_newest_picture_comes_with_its_age(engine: FakeEngine, client: httpx.AsyncClient) -> None:
    engine.line.post(PartTriggered(trigger(1)))
    await asyncio.wait_for(engine.line.published.get(), 10)
    answer = await client.get("/api/cameras/main/picture")
    assert answer.headers["content-type"] == "image/jpeg"
    assert int(answer.headers["x-age-ms"]) > 0
    assert answer.content[:2] == b"\xff\xd8"


@in_engine
async def test_archived_pictures_are_given_and_absent_ones_said_to_be_absent(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    (engine.folder / ("a" * 64)).write_bytes(b"picture")
    assert (await client.get(f"/api/pictures/{'a' * 64}")).content == b"picture"
    assert (await client.get(f"/api/pictures/{'b' * 64}")).status_code == 404
    assert (await client.get("/api/pictures/..%2f..%2fetc%2fpasswd")).status_code == 404


@in_engine
async def test_before_the_plc_was_reached_its_registers_are_named_but_no_value_is_claimed(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    image = RegisterImage.model_validate((await client.get("/api/plc/registers")).json())
    assert (image.line.age_ms, image.vision.age_ms) == (None, None)
    seq = next(register for register in image.line.registers if register.name == "trigger_seq")
    assert (seq.address, seq.value) == (43, None)
    assert (await client.get("/api/plc/timeline")).json() == []
    diagnostics = LinkDiagnostics.model_validate((await client.get("/api/plc/diagnostics")).json())
    assert not diagnostics.connected
    assert diagnostics.cycle.interval_ms is None
    assert diagnostics.overhead_ms.together is None


def test_the_plcs_registers_handshakes_and_counters_are_told_with_their_age(tmp_path: Path) -> None:
    async def go() -> None:
        engine = FakeEngine(tmp_path)
        with ForeignPlc() as plc:
            plc.set(LineBlock(boot_id=77, bits=RUNNING, deadline_ms=500))
            async with running(plc.port, react=station) as link:
                engine.link = link.line
                link.line.set_ready(True)
                await eventually(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)
                plc.set(replace(plc.line, trigger_seq=1, part_id=0x10002))
                await eventually(lambda: VisionBits.RESULT_VALID in plc.vision().bits)
                plc.set(replace(plc.line, result_ack_seq=1))
                await link.until(ResultAccepted)
                async with client_of(engine) as client:
                    image = RegisterImage.model_validate((await client.get("/api/plc/registers")).json())
                    (shown,) = (await client.get("/api/plc/timeline")).json()
                    told = (await client.get("/api/plc/diagnostics")).json()
        line = {register.name: register for register in image.line.registers}
        vision = {register.name: register for register in image.vision.registers}
        assert line["part_id"].value == 0x10002
        assert "Enable" in line["bits"].text
        assert vision["decision"].text == "pass"
        assert image.line.age_ms is not None
        assert 0 <= image.line.age_ms < 5000
        handshake = Handshake.model_validate(shown)
        assert handshake.published_ms is not None
        assert handshake.in_plc_ms is not None
        assert handshake.acknowledged_ms is not None
        assert 0 <= handshake.published_ms <= handshake.in_plc_ms <= handshake.acknowledged_ms
        assert handshake.outcome is None
        diagnostics = LinkDiagnostics.model_validate(told)
        assert diagnostics.functions == "FC23"
        assert diagnostics.counters.cycles > 2
        assert diagnostics.cycle.interval_ms is not None

    asyncio.run(go())


@in_engine
async def test_the_api_describes_itself(engine: FakeEngine, client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"/api/state", "/api/history", "/api/commands/{command}", "/api/health"} <= set(paths)


@in_engine
async def test_a_record_that_does_not_answer_is_a_fault_of_the_store(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    await until(lambda: len(engine.store.events) == 2)  # link and start; else one is found at the gate
    engine.store.gate.clear()
    engine.line.post(PartTriggered(trigger(1)))
    await until(engine.store.waiting.is_set)
    engine.clock.advance(3000)
    tile = next(tile for tile in engine.status().tiles if tile.subsystem == "store")
    assert (tile.health, tile.text) == (Health.FAULT, "has not answered for 3 s")
    assert "has not answered for 3 s" in (await client.get("/api/state")).json()["mode_reason"]
    engine.store.gate.set()
    await asyncio.wait_for(engine.line.published.get(), 10)


@in_engine
async def test_pictures_above_8_bits_are_shown_in_8_and_given_as_they_are_where_asked(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    levels = np.random.default_rng(1).integers(0, 4096, (48, 64, 3), np.uint16)
    kept = encode(levels, bit_depth=12)
    (engine.folder / ("c" * 64)).write_bytes(kept)
    answer = await client.get(f"/api/pictures/{'c' * 64}")
    assert answer.headers["content-type"] == "image/png"
    shown = decoded(answer.content, cv2.IMREAD_UNCHANGED)
    assert np.array_equal(shown[..., ::-1], to_8_bits(levels, bit_depth=12))
    answer = await client.get(f"/api/pictures/{'c' * 64}", params={"original": True})
    assert answer.content == kept
    (engine.folder / ("c" * 64)).write_bytes(damaged := kept[:-200])
    assert (await client.get(f"/api/pictures/{'c' * 64}")).content == damaged, "no better than it is"

    grey = np.full((48, 64, 3), 2048, np.uint16)
    newest = Frame(
        picture=grey, camera="main", captured_at=datetime.now(UTC), number=1, simulated=False, bit_depth=12
    )
    engine.station.cameras.frames["main"] = newest
    jpeg = (await client.get("/api/cameras/main/picture")).content
    assert decoded(jpeg, cv2.IMREAD_GRAYSCALE)[24, 32] == 128
