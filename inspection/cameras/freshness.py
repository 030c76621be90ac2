"""Whether a picture of a stream shows what was there after the trigger, from when pictures come; no I/O."""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MS: Final = 1_000_000
_SECOND: Final = 1_000 * MS
_QUARTERS: Final = 4
_LEVEL_NS: Final = 10 * MS
"""Delays that differ by no more are the same, but at least …"""
_LEAST_LEVEL_OF_PERIOD: Final = 0.125
"""… this share of the camera's period, and at most …"""
_MOST_LEVEL_OF_PERIOD: Final = 0.5
"""… this one: a picture that was left out is always noticed."""
_GAP_NS: Final = 15 * MS
"""While a pace is learned, pictures come with no gap longer than this …"""
_GAP_OF_PERIOD: Final = 1.75
"""… or than so many periods: in one of two, a picture was left out or held up."""
_USUAL: Final = 0.3
"""Of pictures in the order of their delay, the usual one: jitter makes some late, and OpenCV gives H.264's
key frames one picture earlier than others."""
_EARLY: Final = 12
"""So many more pictures came early than did not: the delay that was taken for the usual one is not."""
_WAITED_OF_PERIOD: Final = 0.5
"""A grab that took this share of the period has waited for its picture; one that took less found it there."""
_BEHIND_OF_PERIOD: Final = 1.5
"""A picture that is late by more periods is late; by less, the next one serves as well."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What differs between a stream that tells its own time and one whose pictures can only be counted."""

    window_ns: int
    """So long pictures must have come at the camera's pace before any is believed …"""
    pictures: int
    """… and at least so many of them."""
    drift: float
    """So much the stream's time and our clock may run apart, as a share."""
    patience_ns: int
    """Pictures that are late for so long will not catch up by themselves."""


_TIMED: Final = _Kind(window_ns=_SECOND, pictures=12, drift=1e-3, patience_ns=3 * _SECOND)
_COUNTED: Final = _Kind(window_ns=2 * _SECOND, pictures=12, drift=1e-2, patience_ns=5 * _SECOND)


@dataclass(frozen=True, slots=True)
class _Arrival:
    began_ns: int
    """When the grab was begun."""
    came_ns: int
    """When it came back with the picture."""
    place: int
    """The picture's place in the stream: its own time in ns, or its number."""


class Freshness:
    """Says of each picture of one connection when it would have come if nothing had held it up.

    That a grab began late is no proof: after a stall of the network, and while a connection is being opened,
    pictures wait in buffers (FFmpeg's, the kernel's, the network's) and then come one behind the other, each
    from a grab that began just now. What cannot lie is the distance between two times: when a picture was
    exposed, by the stream's own time, and when it came, by our clock. It is the same for all pictures that
    nothing held up, and each ms that it is larger is a ms that the picture is late. So

    - after connecting, no picture is believed until that distance has stayed the same for a second and a grab
      has really waited: the backlog has been worked off (while it is, the distance falls);
    - from then on a picture came *in effect* when that usual distance says. Exposure lies before that by
      the camera's constant latency, which no arithmetic on arrivals can see and a setting must tell (lag);
    - where pictures stay late for seconds, ``behind`` asks for a new connection.

    A stream without a time of its own (MJPEG over HTTP: FFmpeg counts pictures and makes up 25 a second) is
    taken to expose at a steady pace, learned over two seconds: the picture's number times the period is its
    time. Pictures that the camera leaves out make all that follow look late. They are believed as if they
    were, until they have come for two seconds at the known pace, neither faster nor slower: then nothing
    holds them up.

    What this rests on; where it does not hold, nothing here can help:

    1. Pictures come in the order of their exposure, most of them by the camera's constant latency after it
       when nothing holds them up. Some may come sooner: OpenCV gives a key frame of H.264 when it comes, and
       each other picture when the one after it comes.
    2. A timed stream's time is that of exposure but for a constant, as RFC 3550 asks of RTP, and runs apart
       from our clock by less than 0.1 %. A counted stream's pace is steady to 0.5 %. Only pictures that come
       in time show how the clocks run apart.
    3. What holds pictures back lets them go at 1.02 times the camera's pace or faster when it lets go; it
       does not hand them on, for a second (two, where they are counted), at just the pace at which they are
       exposed. A counted stream's backlog of connecting, before its pace is known, comes three times as fast
       as it is exposed, or unevenly.

    The usual distance may be taken for 10 ms more than it is, or for an eighth of a period where that is
    longer (twice that where pictures are counted): the lag must cover that as well. One thread; times in ns.
    """

    def __init__(self) -> None:
        self.proven = False
        """Pictures are believed at this moment."""
        self.behind = False
        """Pictures come late and do not catch up: only a new connection helps."""
        self._counted = False
        self._number = 0
        self._window: deque[_Arrival] = deque()
        self._line: _Line | None = None

    def take(self, *, began_ns: int, came_ns: int, stream_ns: int | None) -> int | None:
        """When this picture would have come if nothing had held it up; None where that is not known.

        Args:
            began_ns: When its grab was begun.
            came_ns: When it came.
            stream_ns: The stream's own time of it; None where the stream has none.
        """
        counted = stream_ns is None
        if counted != self._counted:
            self._counted, self._line = counted, None
            self._window.clear()
        self._number += 1
        arrival = _Arrival(began_ns, came_ns, self._number if stream_ns is None else stream_ns)
        due_ns = None
        if self._line is not None:
            due_ns = self._line.follow(arrival)
            if due_ns is None:  # it was not settled, or the stream's time was set
                self._line = None
        if self._line is None:
            self._learn(arrival, pace=None)
        elif self._line.in_time or not counted:
            self._window.clear()
        else:
            self._learn(arrival, pace=self._line.pace)
        self.behind = self._line is not None and self._line.behind
        self.proven = self._line is not None and not self._line.late
        return due_ns

    def _learn(self, arrival: _Arrival, *, pace: float | None) -> None:
        """Take what settled as what nothing holds up; at ``pace`` where it is known."""
        kind = _COUNTED if self._counted else _TIMED
        window = self._window
        window.append(arrival)
        while len(window) > kind.pictures and arrival.came_ns - window[1].came_ns >= kind.window_ns:
            window.popleft()
        if len(window) >= kind.pictures and arrival.came_ns - window[0].came_ns >= kind.window_ns:
            line = _settled(window, kind, pace=pace)
            if line is not None:
                self._line = line
                window.clear()


class _Line:
    """The usual distance between the stream's time and ours, and how pictures keep to it."""

    def __init__(
        self, last: _Arrival, kind: _Kind, *, pace: float, period_ns: float, distance_ns: float
    ) -> None:
        self.pace = pace
        """ns of our clock for each step of ``_Arrival.place``."""
        self.in_time = True
        self.late = False
        self.behind = False
        self._kind = kind
        self._origin = last
        self._period_ns = period_ns
        self._distance_ns = distance_ns
        self._last_ns = self._in_time_ns = last.came_ns
        self._early = 0
        self._late_since_ns: int | None = None

    def follow(self, arrival: _Arrival) -> int | None:
        """When it would have come undelayed; None where the line turns out to be wrong."""
        wander_ns = self._kind.drift * (arrival.came_ns - self._last_ns)
        self._last_ns = arrival.came_ns
        distance_ns = _distance(arrival, self._origin, self.pace)
        level_ns = _level(self._period_ns)
        self.in_time = distance_ns <= self._distance_ns + level_ns
        early = distance_ns < self._distance_ns - level_ns
        self._early = self._early + 1 if early else max(0, self._early - 1)
        if self._early > _EARLY:
            return None
        if self.in_time:
            self._in_time_ns = arrival.came_ns
            if not early:
                # The clocks run apart, seen by what comes in time: what is late must not look less so.
                off_ns = distance_ns - self._distance_ns
                self._distance_ns += min(max(off_ns, -wander_ns), wander_ns)
        late_ns = max(0.0, distance_ns - self._distance_ns)
        late_ns += self._kind.drift * (arrival.came_ns - self._in_time_ns)
        self.late = late_ns > _BEHIND_OF_PERIOD * self._period_ns
        if not self.late:
            self._late_since_ns = None
        elif self._late_since_ns is None:
            self._late_since_ns = arrival.came_ns
        self.behind = (
            self._late_since_ns is not None
            and arrival.came_ns - self._late_since_ns >= self._kind.patience_ns
        )
        return arrival.came_ns - int(late_ns)


def _distance(arrival: _Arrival, origin: _Arrival, pace: float) -> float:
    """How much later it came than ``origin`` did, less how much later it was exposed, in ns."""
    return (arrival.came_ns - origin.came_ns) - pace * (arrival.place - origin.place)


def _level(period_ns: float) -> float:
    return min(max(_LEVEL_NS, _LEAST_LEVEL_OF_PERIOD * period_ns), _MOST_LEVEL_OF_PERIOD * period_ns)


def _settled(window: deque[_Arrival], kind: _Kind, *, pace: float | None) -> _Line | None:
    """The line through ``window``; None while pictures still come faster or slower than they are exposed."""
    origin = window[-1]
    came = np.array([arrival.came_ns - origin.came_ns for arrival in window], np.float64)
    place = np.array([arrival.place - origin.place for arrival in window], np.float64)
    quarter = np.minimum((came - came[0]) / -came[0] * _QUARTERS, _QUARTERS - 1).astype(int)
    if kind is _TIMED:
        pace, period_ns = 1.0, float(np.median(np.diff(place)))
    else:
        known, pace = pace, _pace(came, place, quarter)
        period_ns = pace
        if known is None and np.diff(came).max() > max(_GAP_NS, _GAP_OF_PERIOD * period_ns):
            return None
        if known is not None and abs(pace - known) > kind.drift * known:
            return None
    if period_ns <= 0.0:
        return None
    distance = came - pace * place
    usual = [_usual(distance[quarter == number]) for number in range(_QUARTERS)]
    if not max(usual) - min(usual) <= _level(period_ns):
        return None
    waited = any(
        arrival.came_ns - arrival.began_ns >= _WAITED_OF_PERIOD * period_ns
        for arrival, number in zip(window, quarter, strict=True)
        if number == _QUARTERS - 1
    )
    if not waited:
        return None
    return _Line(origin, kind, pace=pace, period_ns=period_ns, distance_ns=min(usual))


def _usual(distance: Floats) -> float:
    """What most come close to, whatever a few late ones and fewer early ones do."""
    return float(np.quantile(distance, _USUAL, method="higher")) if distance.size else np.inf


def _pace(came: Floats, place: Floats, quarter: NDArray[np.int_]) -> float:
    """Nanoseconds for each picture, from the usual one of the first quarter to that of the last."""
    pace = float(np.polyfit(place, came, 1)[0])
    distance = came - pace * place
    first, last = quarter == 0, quarter == _QUARTERS - 1
    off_ns = float(np.median(distance[last]) - np.median(distance[first]))
    return pace + off_ns / float(np.mean(place[last]) - np.mean(place[first]))
