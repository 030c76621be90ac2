"""Nothing passes while a challenge is due, failed or under way, whatever happens, and after any restart."""

import asyncio
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.alarms.catalogue import AlarmCode
from inspection.challenge.plan import ChallengePlan, Reopen
from inspection.challenge.shown import ChallengeOrder
from inspection.challenge.standing import ChallengeState
from inspection.decision import NO_MODEL, Action, RecipeRef
from inspection.part import Outcome
from tests.fakes import decision, trigger, until
from tests.inspection.challenge.test_plan import GOLDEN, SCRATCHED, plan
from tests.inspection.station.challenging.bench import Bench, on_bench

ONCE: Final = plan(shift_start=False)
RIGHT: Final = (Action.PASS, Action.REWORK)
REPEATABLE: Final = plan(shift_start=False, after_failure="challenge", after_overdue="challenge")


@on_bench(ONCE)
async def test_nothing_passes_until_all_pieces_got_what_they_must_and_that_is_on_record(bench: Bench) -> None:
    first = await bench.part()
    assert (first.decision.action, first.challenge) == (Action.MANUAL_REVIEW, None)
    assert first.decision.reason == "a challenge is due, no part passes: none has passed here yet"
    assert bench.alarms == {AlarmCode.CHALLENGE_DUE}
    assert await bench.order(ChallengeOrder.START)
    golden = await bench.part(Action.PASS)
    assert golden.decision.action is Action.MANUAL_REVIEW, "a golden part is not released"
    assert golden.challenge is not None
    assert (golden.challenge.piece, golden.challenge.got) == ("golden", Action.PASS)
    assert bench.shown.round is not None
    assert (bench.shown.round.next, bench.shown.round.done) == ("scratched", 1)
    bench.store.gate.clear()
    scratched = asyncio.create_task(bench.part(Action.STOP))
    await asyncio.sleep(0)
    assert bench.due()
    bench.store.gate.set()
    await scratched
    await bench.settled()
    assert not bench.due()
    assert not bench.alarms
    assert (await bench.part()).decision.action is Action.PASS
    assert bench.kinds == ["due", "began", "piece", "piece", "passed"]
    piece = bench.store.events[2]
    assert (piece.by, piece.subjects[3:]) == ("Ann", ("golden", "pass", "pass", "right", "1"))


@on_bench(ONCE)
async def test_a_result_that_is_not_on_record_opens_nothing(bench: Bench) -> None:
    assert await bench.order(ChallengeOrder.START)
    bench.store.broken = True
    await bench.part(Action.PASS)
    assert bench.shown.round is not None
    assert (bench.shown.round.done, bench.shown.round.next) == (0, "golden"), "it must be shown again"
    bench.store.broken = False
    await until(lambda: bench.clock.sleepers > 0)
    bench.clock.advance(1000)  # the recorder tries again
    await until(lambda: not bench.recorder.behind)
    await bench.part(Action.PASS)
    await bench.settled()
    bench.store.gate.clear()
    last = asyncio.create_task(bench.part(Action.REWORK))
    bench.store.waiting.clear()
    await until(bench.store.waiting.is_set)
    bench.store.gate.set()
    await last
    bench.store.broken = True  # the part's record was the last that the disk took
    await bench.settled()
    assert bench.due()


@on_bench(plan(shift_start=False, every_hours=1))
async def test_a_signature_opens_nothing_while_what_closed_the_station_is_not_on_record(bench: Bench) -> None:
    await bench.run_all(*RIGHT)
    bench.store.broken = True
    bench.pass_time(hours=2)
    await bench.settled()
    bench.store.broken = False
    bench.sign()
    assert not await bench.order(ChallengeOrder.RELEASE)
    assert bench.due()


@on_bench(ONCE)
async def test_a_failed_challenge_stays_closed_until_quality_signs_whatever_passes_behind_it(
    bench: Bench,
) -> None:
    await bench.run_all(Action.PASS, Action.PASS)
    assert (bench.state(), bench.shown.needs_quality) == (ChallengeState.FAILED, True)
    assert bench.alarms == {AlarmCode.CHALLENGE_FAILED}
    assert "scratched" in bench.shown.why
    await bench.run_all(*RIGHT)
    assert bench.state() is ChallengeState.FAILED
    assert bench.kinds[-1] == "passed"
    assert not await bench.order(ChallengeOrder.RELEASE), "nobody has signed"
    await bench.settled()
    bench.sign(subjects=("met", "", "", "another recipe", "model", "set"))
    assert not await bench.order(ChallengeOrder.RELEASE)
    bench.sign()
    assert await bench.order(ChallengeOrder.RELEASE)
    assert not bench.due()
    assert not bench.alarms
    assert (await bench.part()).decision.action is Action.PASS


@on_bench(REPEATABLE)
async def test_where_the_settings_say_so_a_repeated_challenge_opens_it(bench: Bench) -> None:
    await bench.run_all(Action.REWORK, Action.REWORK)
    assert bench.state() is ChallengeState.FAILED
    await bench.run_all(*RIGHT)
    assert not bench.due()


@on_bench(ONCE)
async def test_a_signature_of_before_opens_nothing_that_came_after_it(bench: Bench) -> None:
    bench.sign()
    await bench.run_all(Action.PASS, Action.PASS)
    assert not await bench.order(ChallengeOrder.RELEASE)


@on_bench(plan(shift_start=False, grace_min=30))
async def test_overdue_needs_quality_but_no_time_runs_out_in_its_midst(bench: Bench) -> None:
    bench.pass_time(minutes=29)
    await bench.order(ChallengeOrder.START)
    bench.pass_time(minutes=10)
    assert bench.state() is ChallengeState.DUE
    assert await bench.order(ChallengeOrder.ABORT)
    bench.pass_time(seconds=1)
    assert bench.state() is ChallengeState.OVERDUE
    assert bench.alarms == {AlarmCode.CHALLENGE_OVERDUE}
    await bench.run_all(*RIGHT)
    assert bench.shown.needs_quality
    await bench.settled()
    bench.sign()
    assert await bench.order(ChallengeOrder.RELEASE)


@on_bench(plan(shift_start=False, grace_min=30, after_overdue="challenge"))
async def test_grace_does_not_begin_anew_with_each_restart(bench: Bench) -> None:
    for _ in range(3):
        await bench.settled()
        await bench.kill()
        bench.clock.advance(11 * 60_000)
        await bench.start()
    assert bench.state() is ChallengeState.OVERDUE
    bench.clock.set_back(3600)
    await bench.run_all(*RIGHT)
    assert not bench.due()


@on_bench(plan(shift_start=False, every_hours=4))
async def test_hours_go_by_whatever_is_done_to_the_clock(bench: Bench) -> None:
    await bench.run_all(*RIGHT)
    bench.pass_time(hours=3)
    assert not bench.due()
    bench.clock.set_back(120)
    bench.pass_time(hours=1)
    assert bench.due()
    await bench.run_all(*RIGHT)
    bench.clock.set_back(3600)
    bench.challenge.look()
    assert bench.due(), "nobody knows how long ago it was"


@on_bench(plan(shift_start=False, after_parts=3, recipe_change=True))
async def test_parts_are_counted_over_restarts_and_another_recipe_is_challenged(bench: Bench) -> None:
    await bench.run_all(*RIGHT)
    assert [(await bench.part()).decision.action for _ in range(2)] == [Action.PASS] * 2
    await bench.settled()
    await bench.kill()
    await bench.start()
    assert bench.due(), "pieces that came at that very moment count too: rather too early"
    await bench.run_all(*RIGHT)
    bench.clock.advance(1)
    assert [(await bench.part()).decision.action for _ in range(4)] == [Action.PASS] * 3 + [
        Action.MANUAL_REVIEW
    ]
    bench.clock.advance(1)
    await bench.run_all(*RIGHT)
    bench.clock.advance(1)
    await bench.kill()
    await bench.start()
    assert not bench.due()
    await bench.kill()
    bench.recipe = RecipeRef(id=1, version=2)
    await bench.start()
    assert bench.due()


@on_bench(plan({**GOLDEN, "part_ids": [900]}, {**SCRATCHED, "serial": "S-1"}, shift_start=False))
async def test_the_plc_begins_one_by_a_piece_s_part_id_and_other_parts_are_none_of_it(bench: Bench) -> None:
    assert (await bench.part(part_id=900)).challenge is not None
    stray = await bench.part(part_id=5)
    assert (stray.decision.action, stray.challenge) == (Action.MANUAL_REVIEW, None)
    await bench.part(Action.REWORK, part_id=6, serial="S-1")
    await bench.settled()
    assert not bench.due()
    late = await bench.part(part_id=7, serial="S-1")
    assert late.challenge is not None, "a piece is no part of the line, at any time"
    assert late.decision.action is Action.MANUAL_REVIEW
    assert bench.state() is ChallengeState.FAILED


@on_bench(ONCE)
async def test_a_part_under_the_camera_when_it_begins_is_none_of_its_pieces_and_does_not_pass(
    bench: Bench,
) -> None:
    await bench.run_all(*RIGHT)
    came = trigger(50)
    begun = bench.challenge.at_trigger(came)
    assert begun is None
    await bench.order(ChallengeOrder.START)
    ruled, look = bench.challenge.rule(decision(), trigger=came, begun=begun, serial="")
    assert (ruled.action, look) == (Action.MANUAL_REVIEW, None)
    under_way = bench.challenge.at_trigger(trigger(51))
    await bench.order(ChallengeOrder.ABORT)
    ruled, look = bench.challenge.rule(decision(), trigger=trigger(51), begun=under_way, serial="")
    assert (ruled.action, look) == (Action.MANUAL_REVIEW, None)
    assert bench.due(), "begun is due, until one has passed"


@on_bench(ONCE)
async def test_a_part_that_was_not_inspected_ends_one_whose_pieces_go_by_order(bench: Bench) -> None:
    await bench.order(ChallengeOrder.START)
    await bench.part(Action.PASS)
    bench.challenge.missed()
    assert bench.shown.round is None
    assert bench.due()
    await bench.settled()
    assert bench.kinds[-1] == "aborted"


@on_bench(ONCE)
async def test_what_nobody_saw_was_not_seen(bench: Bench) -> None:
    await bench.order(ChallengeOrder.START)
    came = trigger(9)
    blind = decision(Action.MANUAL_REVIEW, model=NO_MODEL)
    _, look = bench.challenge.rule(blind, trigger=came, begun=bench.challenge.at_trigger(came), serial="")
    assert look is not None
    assert not look.as_expected


@on_bench(None)
async def test_without_a_challenge_in_the_settings_parts_pass_and_nothing_is_told(bench: Bench) -> None:
    assert (await bench.part()).decision.action is Action.PASS
    assert bench.challenge.shown() is None
    assert not await bench.order(ChallengeOrder.START)
    assert not await bench.order(ChallengeOrder.ABORT)
    await bench.settled()
    assert bench.kinds == ["refused", "refused"]


@on_bench(ONCE)
async def test_taking_the_challenge_out_of_the_settings_opens_nothing(bench: Bench) -> None:
    await bench.run_all(Action.PASS, Action.PASS)
    await bench.kill()
    bench.plan = None
    await bench.start()
    assert bench.shown.needs_quality
    assert (await bench.part()).decision.action is Action.MANUAL_REVIEW
    await bench.settled()
    bench.sign()
    assert await bench.order(ChallengeOrder.RELEASE)
    assert (await bench.part()).decision.action is Action.PASS


@on_bench(ONCE)
async def test_a_miss_that_is_on_record_is_failed_after_a_kill_though_its_event_is_not(bench: Bench) -> None:
    await bench.order(ChallengeOrder.START)
    await bench.settled()
    await bench.part(Action.STOP)
    missed = bench.store.revisions[-1]
    assert missed.challenge is not None
    await bench.kill()
    bench.store.events = [event for event in bench.store.events if event.kind.value != "challenge_piece"]
    bench.store.revisions[-1] = missed.model_copy(update={"outcome": Outcome.HELD, "revision": 1})
    await bench.start()
    assert bench.state() is ChallengeState.FAILED


# --- over random histories ------------------------------------------------------------------------------

STEPS = st.one_of(
    st.sampled_from(["start", "abort", "sign", "release", "miss", "kill", "kill in flight", "break", "mend"]),
    st.sampled_from(list(Action)),
    st.sampled_from([10, 50, 500]),
)
PLANS = st.sampled_from(
    [
        plan(grace_min=30),
        plan(shift_start=False, every_hours=2, after_failure="challenge"),
        plan(shift_start=False, after_parts=2, after_overdue="challenge", engine_start=True),
        plan({**GOLDEN, "part_ids": [900]}, {**SCRATCHED, "part_ids": [901]}, after_failure="challenge"),
    ]
)


class Witness:
    """What a person with a list beside the station knows: whether anything may pass."""

    def __init__(self, asked: ChallengePlan) -> None:
        self._asked = asked
        self._looks: list[bool] | None = None
        self.may_pass = self.failed = False

    def part(self, *, piece: bool, right: bool) -> None:
        if piece and self._looks is not None:
            self._looks.append(right)
            self.failed |= not right

    def begin(self) -> None:
        self._looks, self.may_pass = [], False

    def end(self) -> None:
        passed = bool(self._looks) and all(self._looks or ()) and len(self._looks or ()) >= 2
        by_itself = not self.failed or self._asked.after_failure is Reopen.CHALLENGE
        if passed and by_itself:
            self.may_pass, self.failed = True, False
        self._looks = None


@settings(max_examples=40, deadline=None)
@given(asked=PLANS, steps=st.lists(STEPS, min_size=8, max_size=40))
def test_no_part_ever_passes_while_it_may_not_and_a_restart_is_at_least_as_strict(
    asked: ChallengePlan, steps: list[str | Action | int]
) -> None:
    async def body() -> None:
        bench, witness = Bench(asked), Witness(asked)
        await bench.start()
        signed = False
        try:
            for step in steps:
                was_round = bench.shown.round
                match step:
                    case Action():
                        part_id = {Action.PASS: 900, Action.REWORK: 901}.get(step, 5)
                        if asked.pieces[0].named and was_round is None and part_id != 5:
                            witness.begin()
                        done = await bench.part(step, part_id=part_id)
                        look = done.challenge
                        on_disk = done in bench.store.revisions
                        if look and (on_disk or not look.as_expected):
                            witness.part(piece=True, right=look.as_expected)
                        assert done.decision.action is not Action.PASS or witness.may_pass
                        assert look is None or done.decision.action is Action.MANUAL_REVIEW
                    case int():
                        bench.pass_time(minutes=step)
                    case "start":
                        if await bench.order(ChallengeOrder.START):
                            witness.begin()
                    case "abort":
                        await bench.order(ChallengeOrder.ABORT)
                    case "sign":
                        await bench.settled()
                        bench.sign()
                        signed = True
                    case "release":
                        if await bench.order(ChallengeOrder.RELEASE):
                            assert signed
                            witness.may_pass, witness.failed, signed = True, False, False
                    case "miss":
                        bench.challenge.missed()
                    case "break":
                        bench.store.broken = True
                    case "mend":
                        bench.store.broken = False
                    case _:
                        if step == "kill":
                            bench.store.broken = False
                            await bench.settled()
                        shown, release = bench.shown, _newest_is_release(bench)
                        await bench.kill()
                        await bench.start()
                        if step == "kill" and not release:
                            assert bench.state().strictness >= shown.state.strictness
                            assert bench.due() or not shown.closed
                        elif release and not bench.due():
                            witness.may_pass, witness.failed = True, False
                        elif not release:
                            assert bench.due() or witness.may_pass
                if not bench.store.broken:
                    await bench.settled()
                if was_round is not None and bench.shown.round is None:
                    witness.end()
                assert bench.due() or witness.may_pass
                witness.may_pass &= not bench.due()
        finally:
            await bench.kill()

    asyncio.run(body())


def _newest_is_release(bench: Bench) -> bool:
    of_it = [event for event in bench.store.events if event.kind.value.startswith("challenge_")]
    return bool(of_it) and of_it[-1].kind.value == "challenge_released"


def test_before_the_record_is_taken_up_nobody_is_told_anything_and_no_order_is_taken() -> None:
    async def body() -> None:
        bench = Bench(ONCE)
        bench.compose()
        assert bench.challenge.shown() is None
        assert not await bench.order(ChallengeOrder.START)
        await bench.start()
        assert bench.shown.closed
        await bench.kill()

    asyncio.run(body())
