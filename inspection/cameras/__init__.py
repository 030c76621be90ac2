"""Cameras: rendered, replayed from a folder, or real through OpenCV. Each is a ``Camera`` of ``ports.py``."""

from inspection.cameras.settings import (
    CameraSettings,
    FolderSettings,
    OpenCvSettings,
    SimulatedSettings,
    make_camera,
    open_camera,
)

__all__ = [
    "CameraSettings",
    "FolderSettings",
    "OpenCvSettings",
    "SimulatedSettings",
    "make_camera",
    "open_camera",
]
