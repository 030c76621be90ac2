"""What cannot be put on record is an alarm, which is an event itself: that must not feed itself."""

from inspection.alarms.catalogue import AlarmCode
from inspection.errors import RecordRefusedError
from inspection.events import Event, EventKind
from inspection.station.orders.latches import HELD, MOST_WAITING
from inspection.status import Alarm
from tests.fakes import until
from tests.inspection.station.world import World, in_world


def told(world: World) -> list[Alarm]:
    """The alarms of what is not on record."""
    return [alarm for alarm in world.station.telemetry.alarms if alarm.code == AlarmCode.NOT_RECORDED]


@in_world
async def test_a_store_that_refuses_is_told_once_and_asked_for_nothing_more(world: World) -> None:
    asked: list[EventKind] = []
    note = world.store.note

    def noted(event: Event) -> None:
        asked.append(event.kind)
        note(event)

    world.store.note = noted  # type: ignore[method-assign]
    world.store.broken, world.store.complaint = True, RecordRefusedError("it takes no such row")
    assert await world.station.orders.latch(HELD, by="Ann"), "refused"
    assert await world.station.orders.latch(HELD, by="Ben"), "refused too"
    assert EventKind.ALARM_CLEARED not in asked
    assert asked.count(EventKind.ALARM_RAISED) <= 2, "of this, and that the store is degraded"
    (alarm,) = told(world)
    assert alarm.active, "until something goes on record again"
    world.store.broken = False
    assert await world.station.orders.latch(HELD, by="Ann") == ""
    await world.keep_house(lambda: not any(alarm.active for alarm in told(world)))


@in_world
async def test_more_than_can_wait_for_a_disk_that_hangs_ends_no_engine(world: World) -> None:
    world.store.gate.clear()
    before = len(world.store.events)
    for number in range(2 * MOST_WAITING):
        world.station.orders.note(EventKind.ASKED, by=f"person {number}")
    (alarm,) = told(world)
    assert alarm.active
    world.store.gate.set()
    await until(lambda: len(world.store.events) >= before + MOST_WAITING)
    assert await world.station.orders.latch(HELD, by="Ann") == "", "the line's engine is still there"
    await world.keep_house(lambda: not any(alarm.active for alarm in told(world)))
