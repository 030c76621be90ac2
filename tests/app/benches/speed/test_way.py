"""A part's way, drawn from what a watched engine did."""

from app.benches.speed.way import draw
from app.testline.call_trace import Call, Trace
from tests.reports.parts import START, part

BEGAN_S = START.timestamp() - 9.0
"""The first part is triggered ten seconds later."""


def call(
    at_s: float, caller: str, callee: str, function: str, *, ends: bool = False, thread: str = "loop"
) -> Call:
    return Call(at_s, caller, callee, function, thread, ends)


def drawn(*calls: Call) -> list[str]:
    return draw(Trace(BEGAN_S, calls), part(1, accepted_ms=220.0), parts=2).splitlines()


def test_a_call_is_drawn_with_its_time_since_the_trigger_and_its_return_where_it_was_waited_for() -> None:
    assert drawn(
        call(10.001, "", "station", "see_through"),
        call(10.002, "station", "judging", "judge"),
        call(10.003, "judging", "guard", "review"),
        call(10.0031, "judging", "guard", "review", ends=True),
        call(10.102, "station", "judging", "judge", ends=True),
    ) == [
        "sequenceDiagram",
        "    participant p0 as loop",
        "    participant p1 as station",
        "    participant p2 as judging",
        "    participant p3 as guard",
        "    p0->>p1: see_through (1 ms)",
        "    p1->>p2: judge (2 ms)",
        "    p2->>p3: review (3 ms)",
        "    p2-->>p1: judge (102 ms)",
    ]


def test_what_the_station_does_while_it_waits_is_left_out() -> None:
    cycles = [call(9.0 + number / 20, "link", "wire", "exchange") for number in range(25)]
    outcome = call(9.9, "station", "recorder", "append")
    lines = drawn(*cycles[:19], outcome, *cycles[19:], call(10.21, "station", "recorder", "append"))
    assert [line for line in lines if "->>" in line] == ["    p0->>p1: append (210 ms)"]


def test_what_lies_before_and_behind_the_part_is_left_out_and_a_call_made_again_is_drawn_once() -> None:
    lines = drawn(
        call(9.0, "a", "b", "before"),
        call(10.01, "a", "b", "ask"),
        call(10.05, "a", "b", "ask"),
        call(11.0, "a", "b", "behind"),
    )
    assert [line for line in lines if "->>" in line] == ["    p0->>p1: ask (10 ms)"]
