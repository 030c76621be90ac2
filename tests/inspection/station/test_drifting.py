"""Drift in the running station: an alarm and an event on record, and never a decision."""

import asyncio
from dataclasses import replace

import pytest

from inspection.alarms.catalogue import AlarmCode
from inspection.decision import Action
from inspection.events import EventKind
from inspection.line_events import PartTriggered
from inspection.messages.telling import CHINESE
from inspection.part import Frame
from inspection.recipe import Recipe
from inspection.result import InspectionResult
from inspection.status import Command
from tests.fakes import FakeInspector, trigger, until
from tests.inspection.station.usual import USUAL
from tests.inspection.station.world import World, running


class ScoringInspector(FakeInspector):
    """Gives each part the score that the test says."""

    score = 0.25

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        result = super().inspect(
            frames, recipe=recipe, part_id=part_id, trigger_seq=trigger_seq, deadline_ns=deadline_ns
        )
        return replace(result, scores=(self.score,))


class Line:
    """Shows parts to a station, one after the other."""

    def __init__(self, world: World, inspector: ScoringInspector) -> None:
        self._world, self._inspector = world, inspector
        self.shown = 0
        self.decided: list[Action] = []

    @property
    def alarms(self) -> list[tuple[bool, str]]:
        """Active or not, and the text, of the alarms of drift."""
        listed = self._world.station.telemetry.alarms
        return [(one.active, one.text) for one in listed if one.code == AlarmCode.PICTURES_DRIFT]

    async def show(self, score: float, parts: int) -> None:
        """Show parts of that score until there is an alarm more, or one fewer that is active."""
        self._inspector.score = score
        before = [active for active, _ in self.alarms]
        for _ in range(parts):
            self.shown += 1
            self._world.line.post(PartTriggered(trigger(self.shown)))
            self.decided.append(await self._world.published())
            await until(lambda: not self._world.station._life.follow_ups)
            if [active for active, _ in self.alarms] != before:
                return


def test_a_lasting_rise_is_an_alarm_in_both_languages_and_on_record_and_changes_no_decision() -> None:
    async def body() -> None:
        inspector = ScoringInspector()
        async with running(inspector=inspector, usual=(USUAL,)) as world:
            line = Line(world, inspector)
            await line.show(0.25, 20)
            assert line.alarms == []
            await line.show(0.38, 60)
            ((active, text),) = line.alarms
            assert active
            assert "no longer look as taught (view top): they are darker by 19 %" in text
            (alarm,) = world.station.telemetry.alarms
            assert "图像变暗 19 %" in CHINESE.tell(alarm.coded)
            await until(lambda: world.store.events[-1].kind is EventKind.PICTURES_DRIFT)
            assert world.store.events[-1].detail == text
            await line.show(0.38, 30)
            assert len(line.alarms) == 1, "it is said once"
            assert world.station.standing.takes_parts
            assert set(line.decided) == {Action.PASS}
            assert (await world.station.command(Command.RESET, by="Ann")).accepted
            assert [active for active, _ in line.alarms] == [True], "seen, and not over"
            await line.show(0.12, 100)
            assert line.alarms == [], "over, and seen"

    asyncio.run(body())


@pytest.mark.parametrize("action", [Action.STOP, Action.REWORK, Action.MANUAL_REVIEW])
def test_parts_that_do_not_pass_are_a_bad_batch_and_no_drift(action: Action) -> None:
    async def body() -> None:
        inspector = ScoringInspector()
        inspector.action = action
        async with running(inspector=inspector, usual=(USUAL,)) as world:
            line = Line(world, inspector)
            await line.show(0.9, 60)
            assert set(line.decided) == {action}
            assert line.alarms == []

    asyncio.run(body())


def test_a_recipe_that_does_not_say_what_was_usual_is_not_watched_which_is_said_at_the_start(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def body() -> None:
        inspector = ScoringInspector()
        async with running(inspector=inspector) as world:
            assert "drift is not watched" in capsys.readouterr().err
            line = Line(world, inspector)
            await line.show(0.49, 60)
            assert line.alarms == []
            assert "drift" not in capsys.readouterr().err

    asyncio.run(body())


def test_a_look_that_fails_costs_the_station_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(frame: Frame, view: object) -> None:
        raise ValueError("a bug")

    async def body() -> None:
        inspector = ScoringInspector()
        async with running(inspector=inspector, usual=(USUAL,)) as world:
            monkeypatch.setattr("inspection.station.drifting.look_of", broken)
            line = Line(world, inspector)
            await line.show(0.39, 60)
            assert set(line.decided) == {Action.PASS}

    asyncio.run(body())
