"""How long a reading takes on one core, measured by itself: nothing else of ours runs meanwhile."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import cv2
import numpy as np

from app.benches.gauges.rendered import instruments, rendered
from app.benches.speed.percentiles import percentiles
from inspection.gauges.reading_all import read

REPEATS: Final = 3
MOST_MS: Final[dict[str, float]] = {"dials": 15.0, "displays": 60.0}
"""The bars of issue 13, for the median."""
COUNTS: Final[dict[str, int]] = {"dials": 96, "displays": 48}


def bench_speed(*, tuning: bool, on_done: Callable[[int], None]) -> dict[str, Any]:
    """Read instruments on one core, each three times, and take the median of each; times in ms.

    ``yardstick_ms`` is what a fixed calculation takes on the same core (twenty Gaussian blurs of 512 x 512
    floats): ``ratio`` is the median reading in it, which says more than ms where machines are compared.
    """
    said: dict[str, Any] = {}
    done = 0
    with _one_core():
        said["yardstick_ms"] = round(_yardstick_ms(), 3)
        for noun, count in COUNTS.items():
            times = []
            for one in instruments(noun, count, tuning=tuning):
                pictures, described, _ = rendered(one)
                taken = []
                for _ in range(REPEATS):
                    begun = time.perf_counter()
                    read(pictures, described)
                    taken.append((time.perf_counter() - begun) * 1e3)
                times.append(float(np.median(taken)))
                done += 1
                on_done(done)
            said[noun] = {
                "ms": percentiles(times),
                "median_ms": float(np.median(times)),
                "ratio": round(float(np.median(times)) / said["yardstick_ms"], 3),
            }
    said["goals_met"] = {
        f"{noun} <= {bar:.0f} ms on one core (median)": said[noun]["median_ms"] <= bar
        for noun, bar in MOST_MS.items()
    }
    return said


def _yardstick_ms() -> float:
    field = np.random.default_rng(0).random((512, 512), dtype=np.float32)
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        for _ in range(20):
            cv2.GaussianBlur(field, (0, 0), 3.0)
        taken.append((time.perf_counter() - begun) * 1e3)
    return float(np.median(taken))


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep the process on one core and OpenCV on one thread; afterwards all is as before."""
    threads = cv2.getNumThreads()
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    cv2.setNumThreads(1)
    if cores:
        os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
        if cores:
            os.sched_setaffinity(0, cores)
