"""A camera's settings, one model for each kind, and the camera made from them."""

from pathlib import Path
from typing import Annotated, Literal, assert_never

from pydantic import Field, field_validator

from inspection.cameras.folder import FolderCamera
from inspection.cameras.opencv import OpenCvCamera
from inspection.cameras.simulated import SimulatedCamera
from inspection.decision import Frozen, Probability
from inspection.levels import BitDepth
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
    bit_depth: BitDepth = 8
    """Of all its pictures: 8, or 10, 12, 14 or 16 in files of 16 bits. Must be the recipe's.

    A number may come as text, as it does from the environment.
    """

    @field_validator("bit_depth", mode="before")
    @classmethod
    def _number(cls, bit_depth: object) -> object:
        return int(bit_depth) if isinstance(bit_depth, str) and bit_depth.isdecimal() else bit_depth


class OpenCvSettings(Frozen):
    """A USB camera, a stream, or a video file."""

    kind: Literal["opencv"] = "opencv"
    name: str = Field(default="main", min_length=1)
    source: Annotated[int, Field(ge=0)] | Annotated[str, Field(min_length=1)] = 0
    """Index of a USB camera, URL of a stream (rtsp://user:password@host/path), or path of a video file.

    An index may come as text, as it does from the environment.
    """
    timeout_s: float = Field(default=1.0, gt=0.0, le=60.0)
    """How long a capture waits for a picture that is proven fresh."""
    lag_ms: float | None = Field(default=None, ge=0.0, le=5000.0)
    """The camera's constant latency, from exposure to arrival (see ``OpenCvCamera``); None: 40 for USB, 300
    for a stream."""
    open_timeout_s: float = Field(default=15.0, gt=0.0, le=120.0)
    """How long opening a stream may take."""
    first_picture_timeout_s: float = Field(default=15.0, gt=0.0, le=120.0)
    """How long, from then, its first picture may take: in H.264 until the next key frame."""
    picture_timeout_s: float = Field(default=3.0, gt=0.0, le=60.0)
    """How long each later picture may take before the camera is opened anew."""
    size: tuple[int, int] | None = None
    """Width and height to ask a USB camera for."""
    reconnect_s: float = Field(default=2.0, gt=0.0, le=60.0)
    """Longest pause between attempts to reconnect."""

    @field_validator("source", mode="before")
    @classmethod
    def _index(cls, source: object) -> object:
        return int(source) if isinstance(source, str) and source.isdecimal() else source


CameraSettings = Annotated[SimulatedSettings | FolderSettings | OpenCvSettings, Field(discriminator="kind")]


def make_camera(settings: CameraSettings) -> Camera:
    """The camera that ``settings`` describe, not opened yet."""
    match settings:
        case SimulatedSettings():
            variation = Variation(defect_rate=settings.defect_rate, label=settings.label)
            return SimulatedCamera(settings.name, seed=settings.seed, variation=variation)
        case FolderSettings():
            return FolderCamera(
                settings.name,
                settings.directory,
                loop=settings.loop,
                timeout_s=settings.timeout_s,
                bit_depth=settings.bit_depth,
            )
        case OpenCvSettings():
            return OpenCvCamera(
                settings.name,
                settings.source,
                timeout_s=settings.timeout_s,
                lag_ms=settings.lag_ms,
                size=settings.size,
                open_timeout_s=settings.open_timeout_s,
                first_picture_timeout_s=settings.first_picture_timeout_s,
                picture_timeout_s=settings.picture_timeout_s,
                reconnect_s=settings.reconnect_s,
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
