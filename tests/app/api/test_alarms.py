"""Alarms over the API: who may do what with one, what is told of each, and the record a page at a time."""

import httpx

from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.history import AlarmPage, HistoryAsked
from inspection.alarms.listed import ListedAlarms
from inspection.alarms.priority import Priority
from inspection.events import EventKind
from inspection.status import AlarmState
from tests.app.api.serving import FakeEngine, bearer, in_engine, signed_in
from tests.fakes import EPOCH, until


async def listed(client: httpx.AsyncClient) -> ListedAlarms:
    return ListedAlarms.model_validate((await client.get("/api/alarms")).json())


def raised(engine: FakeEngine, code: AlarmCode = AlarmCode.BAD_PICTURE) -> str:
    """The name of an alarm that stands."""
    engine.station.alarm(code, f"{code.name} happened")
    return engine.station.telemetry.alarms[0].alarm_id


@in_engine
async def test_the_list_says_of_each_alarm_how_it_stands_what_it_means_and_what_to_do(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    alarm_id = raised(engine)
    (one,) = (await listed(client)).alarms
    assert (one.alarm.alarm_id, one.alarm.first_out) == (alarm_id, True)
    assert (one.state, one.priority) == (AlarmState.UNACKNOWLEDGED, Priority.LOW)
    assert (one.suppressed, one.may_be_shelved_min) == (False, 480)
    assert one.response.keys() == {"en", "zh"}
    assert all(text.means and text.todo for text in one.response.values())


@in_engine
async def test_an_operator_acknowledges_by_his_name_and_shelves_nothing(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    alarm_id = raised(engine)
    ola = bearer((await signed_in(client)).token)
    done = await client.post(f"/api/alarms/{alarm_id}/acknowledge", headers=ola)
    assert (done.status_code, done.json()["accepted"]) == (200, True)
    assert (await listed(client)).alarms[0].state is AlarmState.ACKNOWLEDGED
    seen = [event for event in engine.store.events if event.kind is EventKind.ALARM_ACKNOWLEDGED]
    assert seen[0].by.startswith("Ola, ")
    shelving = {"minutes": 5, "reason": "known"}
    refused = await client.post(f"/api/alarms/{alarm_id}/shelve", json=shelving, headers=ola)
    assert refused.status_code == 403


@in_engine
async def test_quality_shelves_and_unshelves_and_what_is_critical_stays(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    alarm_id, critical = raised(engine), raised(engine, AlarmCode.RELEASED_WITHOUT_PASS)
    ben = bearer((await signed_in(client, "Ben")).token)

    async def shelve(alarm_id: str, minutes: int) -> dict[str, object]:
        shelving = {"minutes": minutes, "reason": "备件已订购"}
        answer = await client.post(f"/api/alarms/{alarm_id}/shelve", json=shelving, headers=ben)
        assert answer.status_code == 200
        result: dict[str, object] = answer.json()
        return result

    assert (await shelve(alarm_id, 480))["accepted"]
    states = {one.alarm.alarm_id: one.state for one in (await listed(client)).alarms}
    assert states == {alarm_id: AlarmState.SHELVED, critical: AlarmState.UNACKNOWLEDGED}
    refused = await shelve(critical, 1)
    assert (refused["accepted"], "never shelved" in str(refused["message"])) == (False, True)
    done = await client.post(f"/api/alarms/{alarm_id}/unshelve", headers=ben)
    assert done.json()["accepted"]
    await until(lambda: any(event.kind is EventKind.ALARM_UNSHELVED for event in engine.store.events))


@in_engine
async def test_without_a_sign_in_nothing_is_done(engine: FakeEngine, client: httpx.AsyncClient) -> None:
    alarm_id = raised(engine)
    client.headers.pop("Authorization", None)
    answers = [
        await client.post(f"/api/alarms/{alarm_id}/acknowledge"),
        await client.post(f"/api/alarms/{alarm_id}/shelve", json={"minutes": 5, "reason": "known"}),
        await client.post(f"/api/alarms/{alarm_id}/unshelve"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert engine.station.telemetry.alarms[0].state is AlarmState.UNACKNOWLEDGED


@in_engine
async def test_the_history_is_asked_for_as_the_client_asks(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    params: dict[str, str | int] = {
        "from": "2026-01-01T08:00:00+08:00",
        "priority": "high",
        "limit": 5,
        "cursor": 12,
    }
    answer = await client.get("/api/alarms/history", params=params)
    assert AlarmPage.model_validate(answer.json()).next == 7
    assert engine.pages_asked == [HistoryAsked(start=EPOCH, priority=Priority.HIGH, limit=5, before=12)]


@in_engine
async def test_a_record_that_cannot_be_read_is_told_with_its_reason(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    engine.unreadable = True
    answer = await client.get("/api/alarms/history")
    assert answer.status_code == 503
    assert "the disk is gone" in answer.json()["detail"]


@in_engine
async def test_what_is_no_question_is_none(engine: FakeEngine, client: httpx.AsyncClient) -> None:
    for never in (
        "limit=501",
        "cursor=0",
        "from=0001-01-01T00:00:00%2B14:00",
        "to=2026-01-01T00:00:00",
        "x=1",
    ):
        assert (await client.get(f"/api/alarms/history?{never}")).status_code == 422, never
    ben = bearer((await signed_in(client, "Ben")).token)
    for body in ({"minutes": 0, "reason": "known"}, {"minutes": 481, "reason": "known"}, {"minutes": 5}):
        answer = await client.post("/api/alarms/x/shelve", json=body, headers=ben)
        assert answer.status_code == 422, body
    assert engine.pages_asked == []
