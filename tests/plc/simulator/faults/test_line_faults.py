"""Faults are written as they are read, come when they are due, and by chance as the seed says."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.errors import SettingsError
from plc.simulator import FaultPlan, LineFault, LineFaultKind
from plc.simulator.faults.line_faults import USUAL


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("freeze-heartbeat@12s:1.5s", (LineFaultKind.FREEZE_HEARTBEAT, 12.0, 1.5, 0.0)),
        ("freeze-heartbeat@1500ms", (LineFaultKind.FREEZE_HEARTBEAT, 1.5, 1.5, 0.0)),
        ("skip-triggers@20s=7", (LineFaultKind.SKIP_TRIGGERS, 20.0, 0.0, 7.0)),
        ("answer-late@0.5s:250ms=80", (LineFaultKind.ANSWER_LATE, 0.5, 0.25, 80.0)),
        ("restart@3s", (LineFaultKind.RESTART, 3.0, 1.0, 0.0)),
    ],
)
def test_a_fault_is_read_as_it_is_written(
    text: str, fault: tuple[LineFaultKind, float, float, float]
) -> None:
    read = LineFault.parse(text)
    assert (read.kind, read.at_s, read.for_s, read.amount) == fault


@given(
    kind=st.sampled_from(LineFaultKind),
    at_s=st.integers(0, 10**6).map(lambda ms: ms / 8),
    for_s=st.integers(1, 8000).map(lambda eighths: eighths / 8),
)
def test_what_is_written_out_can_be_read_again(kind: LineFaultKind, at_s: float, for_s: float) -> None:
    usual = LineFault.of(kind, at_s=at_s)
    fault = usual.model_copy(update={"for_s": for_s}) if usual.for_s else usual
    assert LineFault.parse(str(fault)) == fault


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "KIND@START"),
        ("restart", "KIND@START"),
        ("restart@5", "KIND@START"),
        ("restart@-5s", "KIND@START"),
        ("explode@5s", "is none of freeze-heartbeat"),
        ("skip-triggers@5s:2s", "has no duration"),
        ("restart@5s:0s", "duration must be"),
        ("restart@5s=3", "has no amount"),
        ("slippery-belt@5s=17", "must be 0 to 2"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(text: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as caught:
        LineFault.parse(text)
    assert "\n" not in str(caught.value)
    assert repr(text) in str(caught.value)


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(SettingsError):
        LineFault.parse(text)


def test_every_kind_has_its_usual_size() -> None:
    assert set(USUAL) == set(LineFaultKind)


def test_a_fault_begins_once_and_lasts_as_long_as_it_says() -> None:
    plan = FaultPlan([LineFault.parse("bypass@2s:1s")])
    begun = {s: plan.advance(s / 10) for s in range(50)}
    assert [s for s, faults in begun.items() if faults] == [20]
    plan = FaultPlan([LineFault.parse("bypass@2s:1s")])
    on = []
    for tenths in range(50):
        plan.advance(tenths / 10)
        if plan.active(LineFaultKind.BYPASS):
            on.append(tenths)
    assert on == list(range(20, 30))


def test_what_is_injected_begins_with_the_next_scan() -> None:
    plan = FaultPlan()
    plan.advance(7.0)
    plan.inject(LineFault.parse("restart@99s"))
    assert [(fault.kind, fault.at_s) for fault in plan.advance(7.01)] == [(LineFaultKind.RESTART, 7.0)]


def test_chance_keeps_its_rate_and_its_seed() -> None:
    def by_chance(seed: int) -> list[LineFault]:
        plan = FaultPlan(rate_per_min=30.0, seed=seed)
        return [fault for second in range(3600) for fault in plan.advance(float(second))]

    assert len(by_chance(1)) == pytest.approx(1800, rel=0.1)
    assert by_chance(1) == by_chance(1) != by_chance(2)
    assert {fault.kind for fault in by_chance(1)} == set(LineFaultKind)


def test_chance_chooses_only_from_what_it_is_given() -> None:
    plan = FaultPlan(rate_per_min=60.0, kinds=[LineFaultKind.RESTART])
    assert {fault.kind for fault in plan.advance(600.0)} == {LineFaultKind.RESTART}
