"""What the PLC is offered and what people are told come from the same standing, and never look better."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.line_events import LineState
from inspection.ports import StoreHealth
from inspection.station.readiness import Circumstances, Standing
from inspection.status import Mode

FINE = Circumstances(
    stopping=False,
    fault="",
    halted="",
    held="",
    linked=True,
    line=LineState(connected=True, enabled=True),
    bypass_known=False,
    judging=False,
    store=StoreHealth(),
    behind=False,
    crowded="",
    late_work=False,
    model_absent="",
    camera_fault="",
    model_fault="",
    picture_fault="",
)

SILENT = StoreHealth(silent_s=3.4)
FULL = StoreHealth(degraded=True, full=True, detail="No space left on device")


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (replace(FINE, camera_fault="the cable is out"), "no camera, every part goes to manual review"),
        (replace(FINE, model_fault="out of memory"), "the model fails"),
        (replace(FINE, picture_fault="disk full"), "the last picture could not be kept: disk"),
        (
            replace(FINE, store=StoreHealth(pictures_silent_s=2.6)),
            "pictures has not answered for 3 s, every part goes",
        ),
        (replace(FINE, store=FULL), "the record is full: No space left"),
        (replace(FINE, behind=True), "until what happened is on record"),
        (replace(FINE, store=SILENT), "the record has not answered for 3 s"),
        (replace(FINE, model_absent="waits for the model: it hung"), "waits for the model: it hung"),
        (replace(FINE, late_work=True), "late work"),
        (replace(FINE, crowded="257 are open"), "257 are open"),
        (replace(FINE, held="held by Li since 06:12:00"), "held by Li since 06:12:00"),
        (replace(FINE, halted="heartbeat lost"), "heartbeat lost"),
        (replace(FINE, fault="released part 28"), "released part 28"),
        (replace(FINE, linked=False, line=LineState(down_reason="no route")), "waits for the PLC: no route"),
        (replace(FINE, linked=False, bypass_known=True), "bypass key was turned when it was read last"),
        (replace(FINE, line=LineState(connected=True)), "has not enabled"),
        (replace(FINE, line=LineState(connected=True, enabled=True, bypassed=True)), "bypass key"),
        (replace(FINE, line=LineState(connected=True, enabled=True, counting_missed=True)), "missed ones"),
        (replace(FINE, stopping=True), "being stopped"),
    ],
)
def test_whatever_keeps_parts_from_passing_is_said(now: Circumstances, said: str) -> None:
    assert Standing.of(FINE).reason == ""
    assert said in Standing.of(now).reason


def test_a_station_whose_camera_is_gone_takes_parts_and_sends_them_to_a_person() -> None:
    standing = Standing.of(replace(FINE, camera_fault="the cable is out"))
    assert standing.ready
    assert standing.takes_parts


words = st.sampled_from(["", "because"])
lines = st.builds(
    LineState,
    connected=st.just(True),
    enabled=st.booleans(),
    bypassed=st.booleans(),
    counting_missed=st.booleans(),
)


@given(
    st.builds(
        Circumstances,
        stopping=st.booleans(),
        fault=words,
        halted=words,
        held=words,
        linked=st.booleans(),
        line=lines,
        bypass_known=st.booleans(),
        judging=st.booleans(),
        store=st.sampled_from([StoreHealth(), FULL, SILENT]),
        behind=st.booleans(),
        crowded=words,
        late_work=st.booleans(),
        model_absent=words,
        camera_fault=words,
        model_fault=words,
        picture_fault=words,
    )
)
def test_what_takes_no_part_says_why_and_looks_ready_to_nobody(now: Circumstances) -> None:
    standing = Standing.of(now)
    if not standing.takes_parts:
        assert standing.reason
    if not standing.ready:
        assert standing.reason
        assert not standing.takes_parts or now.judging
    if standing.mode in {Mode.ABORTED, Mode.HELD, Mode.SUSPENDED, Mode.STOPPING}:
        assert standing.reason
