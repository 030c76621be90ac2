"""The whole test bench under any faults: nothing released without its pass, every trigger accounted for."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspection.decision import Action
from inspection.part import Outcome, Trigger
from plc.simulator import LineFault, LineFaultKind
from tests.plc.simulator.lines import Line

PHYSICAL = [
    LineFaultKind.EMERGENCY_STOP,
    LineFaultKind.STALL_DIVERTER,
    LineFaultKind.SLIPPERY_BELT,
    LineFaultKind.STICK_PART,
    LineFaultKind.CROWD_PARTS,
    LineFaultKind.BYPASS,
]
ACTIONS: list[Action | None] = [*Action, None]

faults = st.lists(
    st.builds(
        lambda kind, at_s: LineFault.of(kind, at_s=at_s),
        st.sampled_from(LineFaultKind),
        st.floats(0.0, 12.0),
    ),
    max_size=6,
)
lines = st.fixed_dictionaries(
    {
        "parts": st.integers(3, 9),
        "rate_per_min": st.sampled_from([60.0, 150.0, 400.0, 600.0]),
        "seed": st.integers(0, 1000),
        "fault_rate_per_min": st.sampled_from([0.0, 30.0]),
    }
)


def deciding(seed: int) -> Callable[[Trigger], Action | None]:
    def answer(trigger: Trigger) -> Action | None:
        return ACTIONS[(trigger.part_id * 7 + seed) % len(ACTIONS)]

    return answer


def run(chosen: dict[str, Any], planned: list[LineFault], *, kill_at: float | None = None) -> Line:
    line = Line(answer=deciding(chosen["seed"]), **chosen)
    for fault in planned:
        line.bench._faults._coming.append(fault)
    if kill_at is not None:
        line.run(kill_at)
        line.alive = False
        line.run(0.8)
        line.alive = True
        line.start_vision()
    line.run(25)
    return line


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(chosen=lines, planned=faults, kill_at=st.none() | st.floats(0.0, 8.0))
def test_nothing_goes_straight_on_without_its_own_pass_and_every_trigger_is_accounted_for(
    chosen: dict[str, Any], planned: list[LineFault], kill_at: float | None
) -> None:
    line = run(chosen, planned, kill_at=kill_at)
    counted = line.bench.counted
    assert counted.released_without_pass == 0
    for result in line.results:
        if result.outcome is Outcome.RELEASED:
            assert result.action is Action.PASS
            assert result.rejected is None
    # A trigger has its outcome, is on the belt, or was forgotten by a restarted PLC; never two of them.
    assert max(Counter(result.part_id for result in line.results).values(), default=1) == 1
    assert len(line.results) + line.bench.parts_on_belt + len(counted.forgotten) == line.bench.triggers


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(chosen=lines, planned=faults)
def test_the_same_seed_and_the_same_inputs_give_the_same_events(
    chosen: dict[str, Any], planned: list[LineFault]
) -> None:
    one, other = run(chosen, planned), run(chosen, planned)
    assert one.lines == other.lines
    assert one.results == other.results
    assert one.bench.state() == other.bench.state()


def test_another_seed_gives_another_line() -> None:
    chosen = {"parts": 5, "rate_per_min": 150.0, "fault_rate_per_min": 30.0}
    one, other = run(chosen | {"seed": 1}, []), run(chosen | {"seed": 2}, [])
    assert one.lines != other.lines


@pytest.mark.parametrize("kind", LineFaultKind)
def test_the_line_runs_on_after_every_kind_of_fault(kind: LineFaultKind) -> None:
    line = Line(parts=8, faults=[str(LineFault.of(kind, at_s=3.3))])
    line.finish()
    assert line.results[-1].outcome is Outcome.RELEASED
    assert [fault.kind for fault in line.bench.counted.faults] == [kind]
    assert line.bench.counted.released_without_pass == 0
