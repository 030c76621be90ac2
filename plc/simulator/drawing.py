"""The simulated line as a picture in the terminal. Draws a ``BenchState`` and knows nothing else.

Everything is said in a word beside its colour, so that a terminal without colours, or a person who does not
see them, loses nothing. 80 columns and 24 rows are enough; with less the picture becomes a few lines of text.
"""

from collections.abc import Iterable
from math import floor
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from plc.register_map.registers import VisionState
from plc.simulator.machine.conveyor import Lane
from plc.simulator.machine.stack_light import Lamp, Lit
from plc.simulator.view import BenchState, Shown

LEAST_COLUMNS: Final = 60
LEAST_ROWS: Final = 22

STALE_MS: Final = 300.0
"""Words of Passgate that are older than this count as those of a dead program."""

_FATES: Final = {
    "pass": ("P", "green"),
    "rework": ("R", "yellow"),
    "stop": ("S", "red"),
    "manual_review": ("M", "blue"),
    "reject": ("X", "magenta"),
    "": ("?", "white"),
}
_BEHIND: Final = 40.0
"""So many mm behind the lanes' beginning belong to the picture."""


class LinePicture:
    """One state, as something that rich prints.

    Args:
        state: What is to be seen.
        title: What the picture is of, for its first line.
    """

    def __init__(self, state: BenchState, *, title: str = "") -> None:
        self._state = state
        self._title = title

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Rich's protocol."""
        columns, rows = options.max_width, options.height or console.size.height
        if columns < LEAST_COLUMNS or rows < LEAST_ROWS:
            yield from _few_words(self._state)
            return
        width = min(columns, 140) - 1
        signs = _Signs(ascii_only=options.ascii_only)
        for line in _Picture(self._state, width, signs).lines(self._title):
            line.no_wrap, line.overflow = True, "crop"
            yield line


class _Signs:
    def __init__(self, *, ascii_only: bool) -> None:
        self.part = "#" if ascii_only else "█"
        self.stuck = "!" if ascii_only else "▓"
        self.belt = "=" if ascii_only else "━"
        self.mark = ">" if ascii_only else "╸"
        self.beam = "|" if ascii_only else "┆"
        self.steady = "(*)" if ascii_only else " ● "
        self.flashing = "(!)" if ascii_only else "(●)"
        self.dark = "( )" if ascii_only else " ○ "
        self.degree = " deg" if ascii_only else "°"


class _Picture:
    def __init__(self, state: BenchState, width: int, signs: _Signs) -> None:
        self._state = state
        self._width = width
        self._signs = signs
        shown_infeed = min(state.infeed_mm, state.layout.diverter_mm)
        self._from_mm = -shown_infeed
        end_mm = state.layout.diverter_mm + state.part_length_mm + _BEHIND
        self._mm = (end_mm - self._from_mm) / width

    def lines(self, title: str) -> Iterable[Text]:
        state = self._state
        head = Text(f"{title}  boot {state.boot_id}  {state.at_s:9.1f} s", style="bold")
        yield head
        yield self._lamps()
        yield Text(f"            {state.light.reason}", style="bold")
        yield Text("")
        yield self._over("camera", 0.0, "diverter", state.layout.diverter_mm)
        eye, gate_eye = "photo-eye", "gate eye"
        if state.sensors.eye:
            eye = f"[{eye}]"  # it sees a part
        if state.sensors.gate_eye:
            gate_eye = f"[{gate_eye}]"
        yield self._over(eye, 0.0, gate_eye, state.layout.gate_eye_mm)
        yield self._numbers()
        yield self._parts()
        yield self._belt()
        yield self._lanes()
        yield Text("")
        yield from self._figures()

    def _at(self, mm: float) -> int:
        return floor((mm - self._from_mm) / self._mm)

    def _row(self, words: Iterable[tuple[int, str, str]]) -> Text:
        """Words at their columns; what would overlap an earlier one is left out."""
        row, free = Text(), 0
        for column, word, style in sorted(words):
            if column < free or column + len(word) > self._width:
                continue
            row.append(" " * (column - len(row.plain)))
            row.append(word, style=style)
            free = column + len(word) + 1
        return row

    def _over(self, first: str, first_mm: float, second: str, second_mm: float) -> Text:
        return self._row(
            (max(self._at(mm) - len(word) // 2, 0), word, "cyan")
            for word, mm in ((first, first_mm), (second, second_mm))
        )

    def _lamps(self) -> Text:
        light, signs = self._state.light, self._signs
        row = Text("stack light ")
        for lamp in Lamp:
            lit = light.lamps.get(lamp)
            sign = (
                {Lit.STEADY: signs.steady, Lit.FLASHING: signs.flashing}.get(lit, signs.dark)
                if lit
                else signs.dark
            )
            word = lamp.upper() if lit else lamp
            row.append(f"{sign}{word} ", style=f"bold {lamp}" if lit else "dim")
        return row

    def _numbers(self) -> Text:
        return self._row(
            (max(self._at(part.front_mm - self._state.part_length_mm), 0), _label(part), _FATES[part.fate][1])
            for part in self._state.parts
            if self._at(part.front_mm) >= 0
        )

    def _parts(self) -> Text:
        state, signs = self._state, self._signs
        cells = [(" ", "")] * self._width
        for beam_mm in (0.0, state.layout.gate_eye_mm):
            cells[self._at(beam_mm)] = (signs.beam, "red")
        for part in state.parts:
            rear, front = self._at(part.front_mm - state.part_length_mm), self._at(part.front_mm)
            sign = signs.stuck if part.stuck else signs.part
            for column in range(max(rear, 0), min(max(front, rear + 1), self._width)):
                cells[column] = (sign, _FATES[part.fate][1])
        pivot = self._at(state.layout.diverter_mm)
        if cells[pivot][0] == " ":
            cells[pivot] = (self._gate_sign(), "bold")
        return _joined(cells)

    def _gate_sign(self) -> str:
        share = self._state.sensors.diverter_deg / self._state.diverter_end_deg
        return "-" if share < 0.15 else "\\" if share > 0.85 else "~"

    def _belt(self) -> Text:
        """Marks on the belt go with the encoder, so that one sees it move."""
        signs, every = self._signs, 8
        shift = floor(self._state.sensors.encoder_mm / self._mm)
        return Text(
            "".join(signs.mark if (c - shift) % every == 0 else signs.belt for c in range(self._width))
        )

    def _lanes(self) -> Text:
        state = self._state
        share = state.sensors.diverter_deg / state.diverter_end_deg
        lane = Lane.STRAIGHT if share < 0.15 else Lane.SIDE if share > 0.85 else None
        words = {Lane.STRAIGHT: "open: parts go straight on", Lane.SIDE: "aside: parts go to the side"}
        said = words.get(lane, "moving") if lane else "moving"
        if state.sensors.diverter_stalled:
            said = "STALLED"
        angle = f"diverter {state.sensors.diverter_deg:4.1f}{self._signs.degree} {said}"
        return self._row([(max(self._width - len(angle), 0), angle, "bold")])

    def _figures(self) -> Iterable[Text]:
        state, sensors, bench = self._state, self._state.sensors, self._state.bench
        wanted = min(state.commands.belt_speed_mm_s, 9999.0)
        yield Text(
            f"belt      {sensors.belt_speed_mm_s:6.0f} mm/s (set {wanted:.0f}), {state.motion or 'off'}"
        )
        age = "never heard of" if state.vision_age_ms is None else f"{state.vision_age_ms:.0f} ms old"
        stale = state.vision_age_ms is None or state.vision_age_ms > STALE_MS
        yield Text(f"Passgate  {_vision(state)}, link {age}", style="bold yellow" if stale else "")
        left = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(state.left.items()))
        yield Text(f"parts     {state.triggers} triggers: {left or 'none has left yet'}")
        yield Text(
            f"line      {bench.slid} slid, {bench.strays} strays, {bench.jams} jams, "
            f"{bench.released_without_pass} released without pass",
            style="bold red" if bench.released_without_pass else "",
        )
        faults = ", ".join(
            f"{fault.kind} for {max(fault.ends_s - state.at_s, 0):.1f} s" for fault in state.faults
        )
        yield Text(f"faults    {faults or 'none now'}, {len(bench.faults)} so far")
        yield Text("")
        for result in state.last[:4]:
            why = result.doubt or result.rejected or ""
            said = "no decision" if result.action is None else str(result.action)
            took = "" if result.latency_ms is None else f" after {result.latency_ms:.0f} ms"
            words = f"#{result.seq} part {result.part_id}: {said}{took} -> {result.outcome}"
            yield Text(words.replace("_", " ") + (f" ({str(why).replace('_', ' ')})" if why else ""))


def _few_words(state: BenchState) -> Iterable[Text]:
    yield Text(f"{state.light.reason}; {state.sensors.belt_speed_mm_s:.0f} mm/s; {state.triggers} triggers")
    for result in state.last[:1]:
        yield Text(f"#{result.seq} {result.action or 'no decision'} -> {result.outcome}")


def _label(part: Shown) -> str:
    sign = _FATES[part.fate][0]
    seq = f"#{part.seq}{sign}" if part.seq else "new"
    return seq + ("~" if part.sliding else "")


def _vision(state: BenchState) -> str:
    try:
        return VisionState(state.vision_state).name.lower()
    except ValueError:
        return f"state {state.vision_state}"


def _joined(cells: list[tuple[str, str]]) -> Text:
    row = Text()
    for sign, style in cells:
        row.append(sign, style=style)
    return row
