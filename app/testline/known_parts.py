"""A station that is real but for its eyes: parts whose truth follows from their number.

For what is about the link and the record and not about the model: the link benches and the tests that kill
the engine. Line, station, recorder and SQLite are the product's; the camera draws noise, and the inspector
says at once what is known of the part.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from inspection.challenge.plan import ChallengePlan
from inspection.decision import Action, DecidedBy, Decision, ModelRef
from inspection.part import Frame, Truth
from inspection.ports import Camera, Clock, Inspector, Line, Store
from inspection.recipe import Recipe
from inspection.result import InspectionResult
from inspection.station.recording.recorder import Recorder
from inspection.station.station import Station
from reports.settings import StoreSettings
from reports.store.store import SqlStore

RECIPE: Final = Recipe(id=1, name="known parts")

_SHARES: Final = ((70, Action.PASS), (85, Action.REWORK), (97, Action.MANUAL_REVIEW), (100, Action.STOP))
"""Parts in a hundred up to which an action goes: stops are few, since each holds the belt."""


def known_action(part_id: int) -> Action:
    """What must be decided on part ``part_id``: neighbours differ, and the same part is always the same."""
    draw = part_id * 2654435761 % 2**32 * 100 >> 32  # Knuth's multiplicative hash
    return next(action for share, action in _SHARES if draw < share)


class NoiseCamera:
    """A picture of noise for each part; it is said to be simulated, for no lens looks at anything."""

    name = "main"
    simulated = True
    fault: str | None = None

    def __init__(self) -> None:
        self._number = 0

    def open(self) -> None:
        """Nothing to open."""

    def close(self) -> None:
        """Nothing is held."""

    def capture(self, part_id: int) -> Frame:
        """64 x 48 pixels of noise, the same for the same part."""
        self._number += 1
        noise = np.random.default_rng(part_id)
        return Frame(
            picture=noise.integers(60, 200, (48, 64, 3), dtype=np.uint8),
            camera=self.name,
            captured_at=datetime.now(UTC),
            captured_ns=time.monotonic_ns(),
            number=self._number,
            simulated=True,
            source=f"noise of part {part_id}",
            truth=Truth(defective=known_action(part_id) is not Action.PASS),
        )


class KnownInspector:
    """Decides ``known_action``, at once."""

    model = ModelRef(name="known-parts", version="1", sha256="")
    fault = ""

    def __init__(self) -> None:
        self.inspected = 0
        """Parts so far."""

    def watch(self, changed: Callable[[], None]) -> None:
        """It is always there."""

    def prepare(self, recipe: Recipe) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing is held."""

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        """What is known of the part."""
        self.inspected += 1
        decision = Decision(
            part_id=part_id,
            trigger_seq=trigger_seq,
            recipe=recipe.ref,
            action=known_action(part_id),
            confidence=1.0,
            decided_by=DecidedBy.REFLEX,
            reason="known of the part by its number",
            model=self.model,
        )
        return InspectionResult(decision=decision)


def known_parts_station(
    *,
    line: Line,
    clock: Clock,
    folder: Path,
    inspector: Inspector | None = None,
    camera: Camera | None = None,
    store: Store | None = None,
    challenge: ChallengePlan | None = None,
) -> tuple[Station, Recorder]:
    """A station on ``line`` with its record in ``folder``. Open the recorder, prepare, run.

    Args:
        line: The link.
        clock: The link's own.
        folder: Of the record.
        inspector: Another than ``KnownInspector``.
        camera: Another than ``NoiseCamera``; must be called ``main``.
        store: Another than SQLite in ``folder``.
        challenge: By which pieces it is challenged; None: not at all.
    """
    recorder = Recorder(store or SqlStore(StoreSettings(folder=folder)), clock)
    camera = camera or NoiseCamera()
    station = Station(
        line=line,
        cameras={camera.name: camera},
        inspector=inspector or KnownInspector(),
        recorder=recorder,
        clock=clock,
        recipe=RECIPE,
        challenge=challenge,
    )
    return station, recorder
