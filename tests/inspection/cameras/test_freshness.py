"""Which pictures of a stream are believed, whatever the network does to them: with scripted arrivals."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.cameras.freshness import Freshness

MS = 1_000_000
SECOND = 1_000 * MS
LATENCY_NS = 60 * MS
"""Of the camera: from exposure to arrival, where nothing holds a picture up."""
DECODE_NS = 2 * MS


@dataclass(frozen=True)
class Stall:
    """The network stands still."""

    after_ns: int
    """Since the end of the stall before, or since connecting."""
    length_ns: int
    kept: int = 10_000
    """So many pictures of that time the camera keeps; it drops the others …"""
    keeps_newest: bool = True
    """… the older ones, or the newer ones."""


@dataclass(frozen=True)
class Stream:
    """A camera, its network and FFmpeg's buffers."""

    period_ns: int = 40 * MS
    timed: bool = True
    opening_ns: int = 0
    """So long FFmpeg gathers pictures before the first grab."""
    stalls: tuple[Stall, ...] = ()
    catch_up: float = 20.0
    """How much faster than the camera's pace a backlog comes."""
    jitter_ns: int = 0
    drift: float = 0.0
    """How much faster the camera's clock runs than ours, as a share."""
    left_out: frozenset[int] = field(default_factory=frozenset)
    """Pictures that the camera does not send, by number."""
    seconds: float = 12.0
    seed: int = 0


@dataclass(frozen=True)
class Sight:
    """One picture, as it was taken note of."""

    exposed_ns: int
    began_ns: int
    came_ns: int
    due_ns: int | None
    held_up: bool

    @property
    def counts_from_ns(self) -> int | None:
        """It is handed over for captures whose trigger and lag come no later than this."""
        return None if self.due_ns is None else min(self.began_ns, self.due_ns)


def exposures(stream: Stream) -> Iterator[tuple[int, bool]]:
    """When pictures are exposed that are sent at all, and whether that is while the network stands still."""
    stalled: list[tuple[int, int, Stall]] = []
    at_ns = 0
    for stall in stream.stalls:
        at_ns += stall.after_ns
        stalled.append((at_ns, at_ns + stall.length_ns, stall))
        at_ns += stall.length_ns
    numbers = range(int(stream.seconds * SECOND / stream.period_ns))
    dropped: set[int] = set(stream.left_out)
    for begin, end, stall in stalled:
        inside = [k for k in numbers if begin <= k * stream.period_ns + LATENCY_NS < end]
        surplus = max(0, len(inside) - stall.kept)
        dropped.update(inside[:surplus] if stall.keeps_newest else inside[len(inside) - surplus :])
    for k in numbers:
        if k not in dropped:
            ready_ns = k * stream.period_ns + LATENCY_NS
            yield k * stream.period_ns, any(begin <= ready_ns < end for begin, end, _ in stalled)


def sights(stream: Stream) -> Iterator[Sight]:
    """What the grabbing thread sees, picture by picture."""
    noise = np.random.default_rng(stream.seed)
    freshness = Freshness()
    ends: list[tuple[int, int]] = []
    at_ns = 0
    for stall in stream.stalls:
        at_ns += stall.after_ns
        ends.append((at_ns, at_ns + stall.length_ns))
        at_ns += stall.length_ns
    left_ns, free_ns = -SECOND, stream.opening_ns
    for exposed_ns, _ in exposures(stream):
        ready_ns = exposed_ns + LATENCY_NS + int(noise.uniform(0, stream.jitter_ns))
        left_ns = max(ready_ns, left_ns + int(stream.period_ns / stream.catch_up))
        for begin, end in ends:
            if begin <= left_ns < end:
                left_ns = end
        began_ns = free_ns
        came_ns = max(began_ns, left_ns) + DECODE_NS
        free_ns = came_ns + MS
        stream_ns = int(exposed_ns * (1 + stream.drift)) + 7_777 * MS if stream.timed else None
        due_ns = freshness.take(began_ns=began_ns, came_ns=came_ns, stream_ns=stream_ns)
        held_up = came_ns > exposed_ns + LATENCY_NS + DECODE_NS + stream.jitter_ns + stream.period_ns
        yield Sight(exposed_ns, began_ns, came_ns, due_ns, held_up)
        if freshness.behind:  # the grabber connects anew
            return


def stale(stream: Stream, *, lag_ns: int | None = None) -> list[Sight]:
    """Pictures that some capture would get though they were exposed before its trigger."""
    if lag_ns is None:
        # As measured on the undisturbed stream, so with its jitter; and what ``Freshness`` asks for more.
        level_ns = max(10 * MS, stream.period_ns // 8)
        lag_ns = LATENCY_NS + DECODE_NS + stream.jitter_ns + level_ns * (1 if stream.timed else 2)
    return [
        sight
        for sight in sights(stream)
        if sight.counts_from_ns is not None and sight.exposed_ns < sight.counts_from_ns - lag_ns
    ]


def believed(stream: Stream, *, after_s: float, until_s: float = 1e9) -> float:
    """Which share of the pictures that come after ``after_s`` counts nearly as soon as it comes."""
    seen = [s for s in sights(stream) if after_s * SECOND <= s.came_ns < until_s * SECOND]
    good = [
        s
        for s in seen
        if s.counts_from_ns is not None and s.came_ns - s.counts_from_ns < 2 * stream.period_ns + 10 * MS
    ]
    return len(good) / len(seen) if seen else 0.0


BOTH = pytest.mark.parametrize("timed", [True, False])


@BOTH
def test_a_steady_stream_is_believed_after_it_has_settled_and_then_always(timed: bool) -> None:
    for jitter_ms in (0, 5, 15):
        stream = Stream(timed=timed, jitter_ns=jitter_ms * MS, opening_ns=SECOND, seconds=120)
        assert believed(stream, after_s=6.0) >= 0.99, jitter_ms
        assert not stale(stream)


@pytest.mark.parametrize("every", [4, 12, 25, 50])
def test_key_frames_that_come_one_picture_earlier_than_the_others_change_nothing(every: int) -> None:
    # As OpenCV hands over H.264: the others wait for the picture after them; a key frame comes twice.
    freshness = Freshness()
    due: list[int | None] = []
    for k in range(1000):
        exposed_ns = k * 40 * MS
        if k % every == 0:
            came_ns = exposed_ns + 3 * MS
            freshness.take(began_ns=came_ns - MS, came_ns=came_ns, stream_ns=exposed_ns)
        came_ns = exposed_ns + 43 * MS
        due.append(freshness.take(began_ns=came_ns - 38 * MS, came_ns=came_ns, stream_ns=exposed_ns))
    assert all(late is not None and late >= k * 40 * MS + 30 * MS for k, late in enumerate(due) if k > 60)
    assert freshness.proven


@BOTH
def test_promise_2_nothing_is_believed_while_the_backlog_of_connecting_comes(timed: bool) -> None:
    stream = Stream(timed=timed, opening_ns=SECOND)
    early = [s for s in sights(stream) if s.came_ns < 2 * SECOND]
    assert len(early) > 40
    assert all(s.due_ns is None for s in early)


@BOTH
@pytest.mark.parametrize("length_ms", [100, 300, 800, 2000])
@pytest.mark.parametrize("catch_up", [20.0, 3.0, 1.2])
def test_promise_2_what_a_stall_held_up_counts_only_for_triggers_before_its_exposure(
    timed: bool, length_ms: int, catch_up: float
) -> None:
    stall = Stall(5 * SECOND, length_ms * MS)
    stream = Stream(timed=timed, stalls=(stall,), catch_up=catch_up, seconds=20)
    assert not stale(stream)
    if catch_up > 2:
        assert believed(stream, after_s=5.2 + 2 * length_ms / 1e3) >= 0.99


@pytest.mark.parametrize("kept", [0, 1, 5])
@pytest.mark.parametrize("keeps_newest", [True, False])
def test_a_timed_camera_that_drops_its_backlog_is_believed_at_once(kept: int, keeps_newest: bool) -> None:
    stall = Stall(5 * SECOND, SECOND, kept=kept, keeps_newest=keeps_newest)
    stream = Stream(stalls=(stall,), seconds=20)
    assert not stale(stream)
    assert believed(stream, after_s=6.2) >= 0.99


@pytest.mark.parametrize("kept", [0, 1, 5])
def test_a_counted_camera_that_drops_its_backlog_is_believed_once_it_has_settled_again(kept: int) -> None:
    stream = Stream(timed=False, stalls=(Stall(5 * SECOND, SECOND, kept=kept),), seconds=20)
    assert not stale(stream)
    assert believed(stream, after_s=6.0, until_s=7.9) == 0.0
    assert believed(stream, after_s=8.4) >= 0.99


@BOTH
def test_a_backlog_that_is_never_worked_off_asks_for_a_new_connection(timed: bool) -> None:
    stall = Stall(5 * SECOND, SECOND)
    stream = Stream(timed=timed, stalls=(stall,), catch_up=1.02, seconds=40)
    assert not stale(stream)
    last = list(sights(stream))[-1]
    patience_s = 3 if timed else 5
    assert (6 + patience_s) * SECOND <= last.came_ns < (6.1 + patience_s) * SECOND


def test_a_counted_camera_that_changes_its_pace_asks_for_a_new_connection() -> None:
    freshness = Freshness()
    came_ns = 0
    for number in range(1000):
        period_ns = 40 * MS if number < 200 else 66 * MS
        came_ns += period_ns
        freshness.take(began_ns=came_ns - period_ns + MS, came_ns=came_ns, stream_ns=None)
        if freshness.behind:
            break
    assert 13 * SECOND < came_ns < 14 * SECOND


def test_a_counted_camera_that_leaves_out_a_picture_now_and_then_is_still_believed() -> None:
    stream = Stream(timed=False, left_out=frozenset({200, 500, 800}), seconds=60)
    assert not stale(stream)
    assert believed(stream, after_s=3.0) >= 0.99


@pytest.mark.parametrize("drift", [-8e-4, -1e-4, 1e-4, 8e-4])
def test_clocks_that_run_apart_make_a_timed_stream_neither_stale_nor_late(drift: float) -> None:
    stream = Stream(drift=drift, seconds=600, jitter_ns=5 * MS)
    assert not stale(stream)
    assert believed(stream, after_s=2.0) >= 0.99


def test_a_stream_whose_time_was_set_back_is_connected_anew() -> None:
    freshness = Freshness()
    answers = []
    for k in range(300):
        came_ns = k * 40 * MS
        stream_ns = came_ns - (0 if k < 100 else SECOND)
        answers.append(freshness.take(began_ns=came_ns - 38 * MS, came_ns=came_ns, stream_ns=stream_ns))
        if freshness.behind:
            break
    assert 100 + 75 <= k < 100 + 80
    assert answers[99] is not None
    assert all(a is None or a <= i * 40 * MS - SECOND + 2 * MS for i, a in enumerate(answers) if i >= 100)


def test_grabs_that_never_wait_prove_nothing() -> None:
    # As fast as pictures come, and always behind: the queue is never empty.
    freshness = Freshness()
    for k in range(500):
        came_ns = k * 40 * MS
        due_ns = freshness.take(began_ns=came_ns - MS, came_ns=came_ns, stream_ns=came_ns - SECOND)
        assert due_ns is None
    assert not freshness.proven


STALLS = st.lists(
    st.builds(
        Stall,
        after_ns=st.integers(1200, 6000).map(lambda ms: ms * MS),
        length_ns=st.integers(100, 2000).map(lambda ms: ms * MS),
        kept=st.sampled_from([10_000, 10_000, 0, 1, 3, 10, 20]),
        keeps_newest=st.booleans(),
    ),
    max_size=4,
).map(tuple)


def streams(*, timed: bool, least_catch_up: float) -> st.SearchStrategy[Stream]:
    return st.builds(
        Stream,
        period_ns=st.sampled_from([8, 16, 33, 40, 66, 100, 200]).map(lambda ms: ms * MS),
        timed=st.just(timed),
        opening_ns=st.integers(0, 2000).map(lambda ms: ms * MS),
        stalls=STALLS,
        catch_up=st.floats(least_catch_up, 50.0),
        jitter_ns=st.integers(0, 20).map(lambda ms: ms * MS),
        drift=st.floats(-8e-4, 8e-4),
        left_out=st.frozensets(st.integers(0, 400), max_size=10),
        seconds=st.just(15.0),
        seed=st.integers(0, 1000),
    )


@given(stream=streams(timed=True, least_catch_up=1.05) | streams(timed=False, least_catch_up=3.0))
def test_promise_2_whatever_the_network_does_no_capture_gets_a_picture_from_before_its_trigger(
    stream: Stream,
) -> None:
    assert not stale(stream)
