"""Engine and API process: what many clients ask costs the engine once, and nothing makes it do more."""

import asyncio
import json
import socket
from pathlib import Path

import httpx
import pytest

from app.api.channel import MOST_ASKED, MOST_TOLD, Channel, Kind
from app.api.engine.engine_end import COMMANDS_AT_ONCE, HISTORY, EngineEnd
from app.api.messages import Question
from app.api.rate import Rate
from app.api.server import routes as server
from app.api.server.api_end import ApiEnd, NoAnswerError
from inspection.line_events import OutcomeReported, PartTriggered
from inspection.part import Inspection, Outcome
from inspection.status import Command, CommandResult, Mode, StationStatus
from tests.app.access.doors.people import MES_KEY
from tests.app.api.serving import PORT, URL, FakeEngine, bearer, connected, in_engine
from tests.fakes import BOOT, trigger


class Counting(FakeEngine):
    """Counts what it is asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.states = self.histories = 0

    def status(self) -> StationStatus:
        self.states += 1
        return super().status()

    async def history(self, limit: int) -> list[Inspection]:
        self.histories += 1
        return await super().history(limit)


def test_what_many_clients_ask_is_made_once(tmp_path: Path) -> None:
    async def go() -> None:
        engine = Counting(tmp_path)
        async with connected(engine) as end:
            transport = httpx.ASGITransport(server.build(end, version="0", port=PORT))
            async with httpx.AsyncClient(
                transport=transport, base_url=URL, headers=bearer(MES_KEY)
            ) as client:
                for path in ("/api/state", "/api/history?limit=500"):
                    answers = await asyncio.gather(*(client.get(path) for _ in range(100)))
                    assert {answer.status_code for answer in answers} == {200}
        assert engine.states < 10
        assert engine.histories < 10

    asyncio.run(go())


@in_engine
async def test_a_row_of_the_record_crosses_once_and_again_when_it_is_revised(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    for seq in (1, 2):
        engine.line.post(PartTriggered(trigger(seq)))
        await asyncio.wait_for(engine.line.published.get(), 10)
    before = (await client.get("/api/history")).json()
    assert [(part["trigger"]["seq"], part["outcome"]) for part in before] == [(2, None), (1, None)]
    engine.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    await asyncio.wait_for(engine.line.acknowledged.get(), 10)
    after = (await client.get("/api/history")).json()
    assert [(part["trigger"]["seq"], part["outcome"]) for part in after] == [(2, None), (1, "released")]
    assert (await client.get("/api/history", params={"limit": 1})).json() == after[:1]


def test_only_rows_that_changed_cross_and_all_clients_are_given_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        engine = FakeEngine(tmp_path)
        ours, theirs = socket.socketpair()
        told, asked = await Channel.over(ours, most=MOST_ASKED), await Channel.over(theirs, most=MOST_TOLD)
        kinds: list[Kind] = []
        send = told.send

        def counted(kind: Kind, payload: bytes, *, number: int = 0) -> None:
            kinds.append(kind)
            send(kind, payload, number=number)

        monkeypatch.setattr(told, "send", counted)
        end = ApiEnd(asked)
        tasks = [asyncio.create_task(work) for work in (EngineEnd(engine, told).serve(), end.listen())]
        station = asyncio.create_task(engine.station.run())
        engine.line.post(PartTriggered(trigger(1)))
        await asyncio.wait_for(engine.line.published.get(), 10)
        first = await end.history(HISTORY)
        assert await end.history(HISTORY) is first
        assert kinds.count(Kind.ROW) == 1
        for task in (*tasks, station):
            task.cancel()
        await asyncio.gather(*tasks, station, return_exceptions=True)
        await asyncio.sleep(0)

    asyncio.run(go())


def test_a_flood_of_one_command_leaves_the_others_to_people(tmp_path: Path) -> None:
    async def flooded(engine: FakeEngine, client: httpx.AsyncClient) -> None:
        flood = await asyncio.gather(*(client.post("/api/commands/start") for _ in range(14)))
        codes = [answer.status_code for answer in flood]
        assert codes.count(200) >= COMMANDS_AT_ONCE - 1
        assert 429 in codes
        assert (await client.post("/api/commands/hold")).json()["accepted"]
        assert engine.station.mode is Mode.HELD

    in_engine(flooded)(tmp_path)


@in_engine
async def test_an_answer_that_fails_is_the_clients_to_hear_of(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    def broken() -> StationStatus:
        raise ZeroDivisionError("on purpose")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "status", broken)
        answer = await client.get("/api/state")
    assert (answer.status_code, "on purpose" in answer.json()["detail"]) == (500, True)
    assert (await client.get("/api/health")).status_code == 200


def test_an_engine_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    async def go() -> None:
        ours, theirs = socket.socketpair()
        nobody, asked = await Channel.over(ours, most=MOST_ASKED), await Channel.over(theirs, most=MOST_TOLD)
        with pytest.raises(NoAnswerError, match="does not answer"):
            await ApiEnd(asked, answer_timeout_s=0.0).ask(Question.STATE)
        for channel in (nobody, asked):
            channel.close()
        await asyncio.sleep(0)

    asyncio.run(go())


@pytest.mark.parametrize(
    "frame",
    [
        b"\x05\x00\x00\x00\x01\xff\xff\xff\xff",  # 4 GiB follow
        b"\x05\x00\x00\x00\x01\x00\x00\x00\x02{}",
        b'\x05\x00\x00\x00\x01\x00\x00\x00\x10{"what":"reboot"',
        b"\x01\x00\x00\x00\x00\x00\x00\x00\x00",  # a status, from the API process
        b"\x63\x00\x00\x00\x00\x00\x00\x00\x00",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=["long", "empty", "unknown", "status", "kind", "http"],
)
def test_an_api_process_that_talks_nonsense_is_given_up(tmp_path: Path, frame: bytes) -> None:
    async def go() -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            serving = EngineEnd(FakeEngine(tmp_path), await Channel.over(ours, most=MOST_ASKED)).serve()
            theirs.sendall(frame)
            theirs.shutdown(socket.SHUT_WR)
            await asyncio.wait_for(serving, 10)

    asyncio.run(go())


def test_an_api_process_that_hangs_is_given_up(tmp_path: Path) -> None:
    async def go() -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            channel = await Channel.over(ours, most=MOST_ASKED)
            await asyncio.wait_for(EngineEnd(FakeEngine(tmp_path), channel, hung_s=0.0).serve(), 10)

    asyncio.run(go())


@in_engine
async def test_the_stream_tells_of_a_change_by_itself(engine: FakeEngine, client: httpx.AsyncClient) -> None:
    async with connected(engine) as end:
        seen, first = await asyncio.wait_for(end.status_after(0), 10)
        assert json.loads(first)["mode"] == "idle"
        await client.post("/api/commands/hold")
        while json.loads(first)["mode"] != "held":
            seen, first = await asyncio.wait_for(end.status_after(seen), 10)


def test_a_rate_lets_a_burst_through_and_then_so_many_a_second() -> None:
    now_s = 0.0
    rate = Rate(2.0, burst=3, monotonic=lambda: now_s)
    assert [rate.allows() for _ in range(5)] == [True, True, True, False, False]
    now_s = 0.5
    assert [rate.allows() for _ in range(2)] == [True, False]
    now_s = 1000.0
    assert sum(rate.allows() for _ in range(10)) == 3


@in_engine
async def test_a_start_that_waits_for_the_disk_keeps_no_hold_waiting(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    command, disk = engine.station.command, asyncio.Event()

    async def slow(wanted: Command, *, by: str) -> CommandResult:
        if wanted is Command.START:
            await disk.wait()
        return await command(wanted, by=by)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.station, "command", slow)
        start = asyncio.create_task(client.post("/api/commands/start"))
        await asyncio.sleep(0)
        assert (await client.post("/api/commands/hold")).json()["accepted"]
        assert not start.done()
        disk.set()
        assert (await start).json()["accepted"]
