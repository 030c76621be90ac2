"""``passgate bench console --soak``: the console for minutes on a real line, touched all the time.

The line is the demo's: simulated PLC, engine and console, each a process of its own. The console has a real
window on a virtual X screen; mouse and keyboard are real X events, random by seed: it is touched everywhere,
swiped, scrolled, its language switched. Hold is touched at times as well; a second later the bench presses
Start. At the end the window is closed as a person closes it.
"""

import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Final

import httpx
import psutil
from pydantic import computed_field

from app.demo.demo import simulated_tables
from app.testline.reconciliation import account, read_plc_log, read_record
from app.testline.rig import LineRig
from app.testline.virtual_screen import HEIGHT, WIDTH, Hand, VirtualScreen
from inspection.decision import Frozen
from inspection.errors import PassgateError
from inspection.status import Command, Mode
from plc.register_map.registers import DEFAULT_DEADLINE_MS

RATE_PER_MIN: Final = 120.0
SAMPLE_S: Final = 5.0
WARM_SHARE: Final = 0.6
"""Of the time: caches of glyphs and pictures fill, nothing is said about memory."""
MOST_RISE_MB: Final = 4.0
"""In the rest of the time. What is seen for the first time costs steps of about 1 MB, ever rarer; ten minutes
show a leak of 2 kB a refresh, a longer soak a smaller one."""
LEAST_PARTS: Final = 0.8
"""Of those that the rate would give: the line is held at times, by touches."""
STILL_LIMIT_S: Final = 15.0
"""Ages on the screen change each second: one that stays the same for so long hangs."""
WINDOW_TIMEOUT_S: Final = 60.0
CLOSE_TIMEOUT_S: Final = 15.0
HELD_FOR_S: Final = 1.0
KEYS: Final = ("Tab", "Escape", "space", "Return", "Left", "Down", "Prior", "Next", "F5", "a", "9")
COMMANDS: Final = (690, 615)
"""Right of and below this lie Start, Hold and Reset: touched a tenth as often, or no part would come."""
MENU: Final = (68, 36)
LANGUAGE_SWITCH: Final = (108, 690)
"""Where they are on a screen of this size; the switch is in the menu."""


class ConsoleSoak(Frozen):
    """What became of the console."""

    minutes: float
    rate_per_min: float
    """Parts that the line was to run."""
    parts: int
    """Parts that the line finished meanwhile; fewer, since touches hold it at times."""
    unreconciled: int
    """Parts that the PLC and the record tell differently: must be 0, the console is no part of the line."""
    alive: bool
    """At the end of the time."""
    exit_code: int | None
    """After its window was closed; None where it did not end."""
    said: str
    """How it crashed, and the end of its log."""
    events: int
    """X events made: moves, buttons, keys."""
    memory_mb: tuple[float, ...]
    """Resident, in MB (10⁶), one figure a minute: the median of what was sampled in it."""
    rise_mb: float
    """In the last two fifths of the time, by the straight line through all samples of it (least squares)."""
    rise_mb_per_h: float
    """That line's slope."""
    longest_still_s: float
    """The longest time in which no pixel changed, seen every five seconds."""
    versions: dict[str, str]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def complaints(self) -> tuple[str, ...]:
        """What did not go as it must."""
        found = {
            "it did not live to the end": not self.alive,
            f"its exit code is {self.exit_code}, not 0": self.exit_code != 0,
            f"its memory rose by {self.rise_mb:g} MB, more than {MOST_RISE_MB:g}": (
                self.rise_mb > MOST_RISE_MB
            ),
            f"its screen stood still for {self.longest_still_s:g} s": self.longest_still_s > STILL_LIMIT_S,
            f"{self.unreconciled} parts are not accounted for": self.unreconciled > 0,
            f"only {self.parts} parts went by": self.parts < LEAST_PARTS * self.rate_per_min * self.minutes,
        }
        return tuple(complaint for complaint, holds in found.items() if holds)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def kept(self) -> bool:
        """Nothing is to be complained of."""
        return not self.complaints


class _Monkey:
    """Touches everything, by seed."""

    def __init__(self, hand: Hand, seed: int) -> None:
        self._hand = hand
        self._chance = random.Random(seed)  # noqa: S311  (touches, not secrets)

    def act(self) -> None:
        """One thing that a person might do."""
        hand, chance = self._hand, self._chance
        match chance.randrange(10):
            case 0:
                hand.key(chance.choice(KEYS))
            case 1:
                hand.drag(self._anywhere(), self._anywhere())
            case 2:
                hand.click(*self._anywhere(), number=chance.choice((4, 5)))
            case 3:
                for _ in range(5):
                    hand.move(*self._anywhere())
            case 4 if chance.random() < 0.2:
                hand.click(*MENU)
                hand.click(*LANGUAGE_SWITCH)
            case _:
                hand.click(*self._anywhere())

    def _anywhere(self) -> tuple[int, int]:
        while True:
            x, y = self._chance.randrange(WIDTH), self._chance.randrange(HEIGHT)
            if x < COMMANDS[0] or y < COMMANDS[1] or self._chance.random() < 0.1:
                return x, y


class _Watch:
    """Looks at a console while it is touched."""

    def __init__(self, rig: LineRig, screen: VirtualScreen, monkey: _Monkey, seconds: float) -> None:
        self._rig, self._screen, self._monkey = rig, screen, monkey
        self._process = psutil.Process(rig.console_pid)
        self._http = httpx.Client(base_url=rig.url, timeout=2.0, auth=rig.auth)
        self.started_s = time.monotonic()
        self._seconds = seconds
        self._held = False
        self._looked_s = 0.0
        self.samples: list[tuple[float, float]] = []
        """Seconds since the start, resident MB."""
        self._drawn: tuple[float, int] = (0.0, 0)
        self.longest_still_s = 0.0

    def close(self) -> None:
        """End the exchange with the engine."""
        self._http.close()

    def over(self) -> bool:
        """Act once, look where it is time to; True at the end of the time or of the console."""
        passed_s = time.monotonic() - self.started_s
        if passed_s >= self._seconds or not self._rig.console_open:
            return True
        self._monkey.act()
        if passed_s >= self._looked_s + HELD_FOR_S:
            self._looked_s = passed_s
            self._let_go_on()
        if passed_s >= SAMPLE_S * len(self.samples):
            self._sample(passed_s)
        return False

    def _sample(self, passed_s: float) -> None:
        try:
            self.samples.append((passed_s, self._process.memory_info().rss / 1e6))
        except psutil.NoSuchProcess:
            return  # it ended just now
        drawn = self._screen.fingerprint()
        if drawn != self._drawn[1]:
            self._drawn = (passed_s, drawn)
        self.longest_still_s = max(self.longest_still_s, passed_s - self._drawn[0])

    def _let_go_on(self) -> None:
        """Press Start where the line was held a second ago already: a touch has hit Hold."""
        try:
            held = self._http.get("/api/health").json()["mode"] == Mode.HELD
            if held and self._held:
                self._http.post(f"/api/commands/{Command.START}")
        except httpx.HTTPError:
            return  # the line's own supervision says what is the matter
        self._held = held


def soak_console(
    minutes: float, *, rate: float = RATE_PER_MIN, seed: int = 1, on_progress: Callable[[int], None]
) -> ConsoleSoak:
    """Run line and console for ``minutes``, and close the console.

    Args:
        minutes: How long the console is touched.
        rate: Parts a minute.
        seed: Of parts and touches.
        on_progress: Told the seconds that have passed.

    Raises:
        PassgateError: No virtual screen, or the line did not start or stopped.
    """
    with tempfile.TemporaryDirectory(prefix="passgate-soak-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        tables = simulated_tables(folder, seed=seed)
        with (
            VirtualScreen() as screen,
            LineRig(folder, tables=tables, parts=0, rate=rate, seed=seed) as rig,
            Hand(screen.display) as hand,
        ):
            rig.start_console({"DISPLAY": screen.display, "QT_QPA_PLATFORM": "xcb"})
            window = _window(hand, rig)
            hand.focus(window)
            finished_before = rig.parts_finished()
            with closing(_Watch(rig, screen, _Monkey(hand, seed), minutes * 60)) as watch:
                rig.watch(
                    until=watch.over,
                    on_progress=lambda _: on_progress(round(time.monotonic() - watch.started_s)),
                )
            alive, parts = rig.console_open, rig.parts_finished() - finished_before
            minutes = (time.monotonic() - watch.started_s) / 60
            if alive:
                hand.ask_to_close(window)
                _await(lambda: not rig.console_open, CLOSE_TIMEOUT_S)
            end, events = rig.console_end, hand.events
        found = account(
            read_plc_log(rig.plc_log),
            read_record(rig.record),
            witness=None,
            known_action=None,
            deadline_ms=DEFAULT_DEADLINE_MS,
        )
    rise_mb, rise_mb_per_h = rise(watch.samples)
    return ConsoleSoak(
        minutes=round(minutes, 2),
        rate_per_min=rate,
        parts=parts,
        unreconciled=found.parts - found.accounted,
        alive=alive,
        exit_code=None if end is None else end.exit_code,
        said=end.in_words() if end is not None and end.crashed else "",
        events=events,
        memory_mb=by_minute(watch.samples),
        rise_mb=round(rise_mb, 1),
        rise_mb_per_h=round(rise_mb_per_h, 1),
        longest_still_s=round(watch.longest_still_s, 1),
        versions={"python": platform.python_version(), "pyside6-essentials": version("pyside6-essentials")},
    )


def _window(hand: Hand, rig: LineRig) -> int:
    """The console's window, once there is one."""
    found: list[int] = []

    def look() -> bool:
        window = hand.window()
        found.extend([] if window is None else [window])
        return bool(found) or not rig.console_open

    _await(look, WINDOW_TIMEOUT_S)
    if not found:
        end = rig.console_end
        raise PassgateError(
            "the console showed no window" if end is None else end.in_words(),
            todo=f"read {rig.folder / 'console.log'}",
        )
    return found[0]


def _await(done: Callable[[], bool], seconds: float) -> None:
    """Wait until ``done``, or so long."""
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.1)


def rise(samples: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The straight line through (seconds, MB) after the warm-up: MB from its begin to its end, MB an hour.

    Nothing rises where there are fewer than two samples.

    >>> rise([(0, 90.0), (10, 99.0), (20, 101.0), (30, 102.0)])
    (1.0, 360.0)
    """
    warm = [(at, size) for at, size in samples if at >= WARM_SHARE * samples[-1][0]]
    if len(warm) < 2:
        return 0.0, 0.0
    seconds, sizes = zip(*warm, strict=True)
    slope = statistics.linear_regression(seconds, sizes).slope
    return slope * (seconds[-1] - seconds[0]), slope * 3600


def by_minute(samples: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """The median of each minute's samples, MB."""
    minutes: dict[int, list[float]] = {}
    for at, size in samples:
        minutes.setdefault(int(at // 60), []).append(size)
    return tuple(round(statistics.median(sizes), 1) for sizes in minutes.values())
