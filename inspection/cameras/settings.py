"""A camera's settings, one model for each kind, and the camera made from them."""

from pathlib import Path
from typing import Annotated, Literal, assert_never

from pydantic import Field

from inspection.cameras.folder import FolderCamera
from inspection.cameras.simulated import SimulatedCamera
from inspection.decision import Frozen, Probability
from inspection.ports import Camera
from inspection.simulation import Variation


class SimulatedSettings(Frozen):
    """Rendered parts."""

    kind: Literal["simulated"] = "simulated"
    name: str = Field(default="main", min_length=1)
    seed: int = Field(default=1, ge=0)
    defect_rate: Probability = 0.1
    """Share of parts with defects."""
    label: str = Field(default="泵盖 C-204", max_length=16)
    """Engraved on each part; any script."""


class FolderSettings(Frozen):
    """Pictures replayed from a folder."""

    kind: Literal["folder"] = "folder"
    name: str = Field(default="main", min_length=1)
    directory: Path
    loop: bool = True
    """At the end begin again; otherwise the camera fails there."""
    timeout_s: float = Field(default=2.0, gt=0.0, le=60.0)


CameraSettings = Annotated[SimulatedSettings | FolderSettings, Field(discriminator="kind")]


def make_camera(settings: CameraSettings) -> Camera:
    """The camera that ``settings`` describe, not opened yet."""
    match settings:
        case SimulatedSettings():
            variation = Variation(defect_rate=settings.defect_rate, label=settings.label)
            return SimulatedCamera(settings.name, seed=settings.seed, variation=variation)
        case FolderSettings():
            return FolderCamera(
                settings.name, settings.directory, loop=settings.loop, timeout_s=settings.timeout_s
            )
    assert_never(settings)


def open_camera(settings: CameraSettings) -> Camera:
    """The camera that ``settings`` describe, opened. Raises CameraError, and then nothing is left open."""
    camera = make_camera(settings)
    try:
        camera.open()
    except BaseException:
        camera.close()
        raise
    return camera
