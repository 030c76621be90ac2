"""Checks the system libraries that Qt needs; installs them where it may, else names them.

``python -m app.console.system_libraries`` is a step of ``make install``. Wheels bring Qt itself but not what
Qt loads from the system; a container or a fresh server lacks some of it.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

OFFSCREEN: Mapping[str, str] = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
}
"""Shared library → Debian package: what any Qt program needs, also without a screen."""

WINDOWS: Mapping[str, str] = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
"""What windows on an X11 screen need beside that."""

INSTALL_TIMEOUT_S = 600


def missing(libraries: Mapping[str, str]) -> list[str]:
    """The Debian packages of those shared libraries that cannot be loaded."""
    return sorted({package for library, package in libraries.items() if not _loads(library)})


def ensure() -> bool:
    """Install what is missing where we are root and have apt-get; True where nothing is missing now."""
    if not sys.platform.startswith("linux"):
        return True
    wanted = missing({**OFFSCREEN, **WINDOWS})
    if not wanted:
        return True
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *wanted]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for step in (["apt-get", "update"], command):
            subprocess.run(  # noqa: S603  (fixed words only)
                step, check=False, timeout=INSTALL_TIMEOUT_S, stdout=subprocess.DEVNULL
            )
        wanted = missing({**OFFSCREEN, **WINDOWS})
    if wanted:
        sys.stderr.write(
            f"passgate: the console needs system libraries that are missing here: {', '.join(wanted)}. "
            f"The engine runs without them. Install them with: sudo {' '.join(command)}\n"
        )
    return not wanted


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(0 if ensure() or not missing(OFFSCREEN) else 1)
