"""One thread for calls that may hang: whatever hangs is told, and nothing waits for it at the end."""

import threading

import pytest

from inspection.station.recording.lone_thread import LoneThread
from tests.fakes import PATIENCE_S


class HandClock:
    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns


def test_a_call_that_is_under_way_is_told_with_its_age_whatever_it_is_and_one_that_waits_is_younger() -> None:
    clock, gate, begun = HandClock(), threading.Event(), threading.Event()
    thread = LoneThread("lone", monotonic_ns=clock)
    assert thread.busy_s == 0.0

    def hang() -> None:
        begun.set()
        gate.wait(PATIENCE_S)

    hung = thread.submit(hang)
    assert begun.wait(PATIENCE_S)
    clock.ns = 3_000_000_000
    assert thread.busy_s == 3.0
    ages = thread.submit(lambda: thread.busy_s)
    clock.ns = 5_000_000_000
    assert thread.busy_s == 5.0
    gate.set()
    hung.result(PATIENCE_S)
    assert ages.result(PATIENCE_S) == 0.0, "it began when the one before it had ended"
    assert thread.busy_s == 0.0
    thread.shutdown()


def test_a_call_that_fails_is_over_for_whoever_hears_of_it() -> None:
    thread = LoneThread("lone", monotonic_ns=HandClock())
    with pytest.raises(ZeroDivisionError):
        thread.submit(lambda: 1 // 0).result(PATIENCE_S)
    assert thread.busy_s == 0.0
    thread.shutdown()
