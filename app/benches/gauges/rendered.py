"""Instruments rendered and read, a few at a time, in as many processes as there is room for."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2

from app.recipes.gauges.evaluating import Scored
from app.recipes.gauges.labels import Labelled
from app.recipes.gauges.wordings import dial_of
from inspection.gauges.reading_all import read
from inspection.instruments.description import Description
from inspection.instruments.display import DisplayDescription
from inspection.levels import Picture
from inspection.simulation.instruments import designs_figures, designs_tuning
from inspection.simulation.instruments.dial import render_dial
from inspection.simulation.instruments.display import render_display

Noun = str
"""``dials`` or ``displays``."""
CHUNK: Final = 20
"""Instruments that one process renders and reads before it says how they went."""
LONGEST_CHUNK_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Instrument:
    """Which of the rendered instruments: its design's place in the list, and a seed."""

    noun: Noun
    design: int
    seed: int
    tuning: bool
    """Of the designs on which one may tune, not of those that make the figures."""
    click_error_px: float = 0.0
    """Of the dial's label (`render_dial`)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a rendered instrument was read."""

    scored: Scored
    design: str
    hidden: bool
    """Nobody could have read it."""
    taught: bool
    """A display whose corners were given, not found."""


def instruments(noun: Noun, count: int, *, tuning: bool, click_error_px: float = 0.0) -> list[Instrument]:
    """``count`` of them, each design as often as the others."""
    designs = len(_designs(noun, tuning=tuning))
    return [Instrument(noun, one % designs, one // designs, tuning, click_error_px) for one in range(count)]


def rendered(one: Instrument) -> tuple[tuple[Picture, ...], Description, dict[str, Any]]:
    """The pictures of an instrument, how it is described to a reader, and its label."""
    design = _designs(one.noun, tuning=one.tuning)[one.design]
    if one.noun == "dials":
        picture, label = render_dial(design, one.seed, click_error_px=one.click_error_px)
        return (picture,), dial_of(label)[0], label
    pictures, label = render_display(design, one.seed)
    taught = one.seed % 2 == 0
    described = DisplayDescription(
        technology="dot_matrix" if label["technology"] == "matrix" else "seven_segment",
        polarity="bright_on_dark" if label["bright_on_dark"] else "dark_on_bright",
        digits=label["digits"],
        decimals=label["decimals"],
        minus=design.signed,
        leading_zeros=design.leading_zeros,
        corners=tuple(tuple(corner) for corner in label["corners"]) if taught else None,
        frames=len(pictures),
    )
    return pictures, described, {**label, "reading": label["value"]}


def outcomes_of(
    chosen: Sequence[Instrument], *, processes: int, on_done: Callable[[int], None]
) -> Iterator[Outcome]:
    """Render and read instruments, in any order of their chunks' ends.

    Args:
        chosen: Which.
        processes: How many work at a time, each on one core; 0: none but this one.
        on_done: Is told how many are done.

    Raises:
        TimeoutError: A process took longer than five minutes for twenty instruments.
    """
    chunks = [list(chosen[at : at + CHUNK]) for at in range(0, len(chosen), CHUNK)]
    done = 0
    if processes == 0:
        for chunk in chunks:
            yield from read_chunk(chunk)
            done += len(chunk)
            on_done(done)
        return
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=cv2.setNumThreads,
        initargs=(1,),
    )
    try:
        waiting: set[Future[list[Outcome]]] = {pool.submit(read_chunk, chunk) for chunk in chunks}
        while waiting:
            ended, waiting = wait(waiting, timeout=LONGEST_CHUNK_S, return_when="FIRST_COMPLETED")
            if not ended:
                raise TimeoutError(f"no {CHUNK} instruments were read in {LONGEST_CHUNK_S:.0f} s")
            for future in ended:
                outcomes = future.result()
                done += len(outcomes)
                yield from outcomes
            on_done(done)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def read_chunk(chunk: Sequence[Instrument]) -> list[Outcome]:
    """Render and read a few; no picture outlives its reading."""
    return [_outcome(one) for one in chunk]


def _outcome(one: Instrument) -> Outcome:
    pictures, described, label = rendered(one)
    labelled = Labelled(one.seed, label["file"], Path(label["file"]), described, label["reading"])
    return Outcome(
        scored=Scored(labelled, read(pictures, described)),
        design=label["design"],
        hidden=bool(label["hidden"]),
        taught=isinstance(described, DisplayDescription) and described.corners is not None,
    )


def _designs(noun: Noun, *, tuning: bool) -> Any:
    module = designs_tuning if tuning else designs_figures
    return module.DIALS if noun == "dials" else module.DISPLAYS
