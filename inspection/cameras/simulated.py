"""A camera that renders the part it is asked for: for demonstrations, tests and training."""

import time
from datetime import UTC, datetime

from inspection.errors import CameraError
from inspection.part import Frame, Truth
from inspection.simulation import Variation, cover, draw_part, render

DIAL_NAME = "pressure"
"""Name of the rendered dial's reading in ``Truth.readings``, in bar."""


class SimulatedCamera:
    """Renders parts by seed and part id: a part looks the same each time, whatever was captured before it.

    Frames carry their truth: whether the part has defects, of which types, and what the dial shows.

    Args:
        name: The name that recipes' views use.
        seed: Which world of parts; not negative.
        variation: From what parts are drawn.
    """

    def __init__(self, name: str, *, seed: int, variation: Variation | None = None) -> None:
        self._name = name
        self._seed = seed
        self._variation = variation or Variation()
        self._opened = False
        self._number = 0

    @property
    def name(self) -> str:
        """The name that recipes' views use."""
        return self._name

    @property
    def simulated(self) -> bool:
        """Always True: no lens looks at a part."""
        return True

    @property
    def fault(self) -> str | None:
        """Always None: nothing watches it, and a capture tells."""
        return None

    def open(self) -> None:
        """Compute what all parts share, so that the first capture is as quick as any other."""
        cover(self._variation.label)
        self._opened = True
        self._number = 0
        self._render(0)

    def capture(self, part_id: int) -> Frame:
        """Render part ``part_id``: 480 x 640. Raises CameraError where the camera is not open."""
        if not self._opened:
            raise CameraError(
                f"camera {self._name!r} is not open",
                part="the part has no picture and is not released",
                todo="start the station's cameras before its line",
            )
        self._number += 1
        return self._render(part_id)

    def close(self) -> None:
        """Refuse further captures until it is opened again; it holds no device."""
        self._opened = False

    def _render(self, part_id: int) -> Frame:
        places = cover(self._variation.label).places
        spec = draw_part(seed=self._seed, part_id=part_id, variation=self._variation, places=places)
        rendering = render(spec)
        types = tuple(sorted({defect.type for defect in rendering.defects}))
        return Frame(
            picture=rendering.picture,
            camera=self._name,
            captured_at=datetime.now(UTC),
            captured_ns=time.monotonic_ns(),
            number=self._number,
            simulated=True,
            source=f"rendered, seed {self._seed}, part {part_id}",
            truth=Truth(defective=bool(types), types=types, readings={DIAL_NAME: spec.dial_bar}),
        )
