"""A screen that nobody sees, and a hand on it: Xvfb, and real X events through the XTEST extension.

For soaks of the console as a user has it: Qt's xcb platform, a real window, a real server between. Linux
only; the libraries are spoken to directly, since no program in Debian both touches a screen and asks a
window to close (WM_DELETE_WINDOW, ICCCM 4.2.8.1) without a window manager.
"""

import ctypes
import os
import shutil
import subprocess
import tempfile
import zlib
from contextlib import ExitStack
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p
from pathlib import Path
from typing import Any, Final, Self

from app.console.system_libraries import WINDOWS, missing
from inspection.errors import SettingsError

WIDTH: Final = 1280
HEIGHT: Final = 800
START_TIMEOUT_S: Final = 20.0
STOP_TIMEOUT_S: Final = 5.0
HAND: Final = {"libX11.so.6": "libx11-6", "libXtst.so.6": "libxtst6"}
"""Shared library → Debian package: what the hand needs."""
_CLIENT_MESSAGE: Final = 33
_LEAST_WIDTH: Final = 200
"""A window less wide is not the program's main one."""


class VirtualScreen:
    """An X server of its own, with one screen in memory. A context manager: leaving it ends the server."""

    def __init__(self) -> None:
        self.display = ""
        """As in the variable DISPLAY."""
        self._server: subprocess.Popen[bytes] | None = None
        self._resources = ExitStack()
        self._pixels = Path()

    def __enter__(self) -> Self:
        packages = missing({**WINDOWS, **HAND}) + ([] if shutil.which("Xvfb") else ["xvfb"])
        if packages:
            raise SettingsError(
                f"there is no virtual screen: {', '.join(packages)} missing",
                todo=f"sudo apt-get install --no-install-recommends {' '.join(packages)}",
            )
        folder = self._resources.enter_context(tempfile.TemporaryDirectory(prefix="passgate-screen-"))
        self._pixels = Path(folder) / "Xvfb_screen0"
        reader, writer = os.pipe()
        try:
            screen = ("-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", folder)
            self._server = subprocess.Popen(  # noqa: S603  (fixed words only)
                ["Xvfb", "-displayfd", str(writer), *screen, "-nolisten", "tcp"],  # noqa: S607
                pass_fds=(writer,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        finally:
            os.close(writer)
        with os.fdopen(reader, "rb") as told:  # ends with the server, if that cannot start
            self.display = f":{told.readline().decode().strip()}"
        if self.display == ":":
            self.__exit__()
            raise SettingsError("Xvfb did not start", todo="start it by hand and read what it says: Xvfb :99")
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        self._resources.close()

    def fingerprint(self) -> int:
        """A checksum of all pixels: the same again means that nothing was drawn."""
        return zlib.crc32(self._pixels.read_bytes())


class Hand:
    """Mouse and keyboard of a screen. A context manager. Raises SettingsError where there is no screen."""

    def __init__(self, display: str) -> None:
        self._x11, self._xtst = _libraries()
        self._display = self._x11.XOpenDisplay(display.encode())
        if not self._display:
            raise SettingsError(f"the screen {display} cannot be opened", todo="start the X server first")
        self.events = 0
        """Made so far: moves, buttons down and up, keys down and up."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._x11.XCloseDisplay(self._display)

    def move(self, x: int, y: int) -> None:
        """Put the pointer there, in pixels from the upper left corner."""
        self._xtst.XTestFakeMotionEvent(self._display, -1, x, y, 0)
        self._made()

    def button(self, number: int = 1, *, down: bool) -> None:
        """Press or let go a button: 1 left, 4 and 5 the wheel."""
        self._xtst.XTestFakeButtonEvent(self._display, number, down, 0)
        self._made()

    def click(self, x: int, y: int, number: int = 1) -> None:
        """Move there, press and let go."""
        self.move(x, y)
        self.button(number, down=True)
        self.button(number, down=False)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press at ``start``, let go at ``end``: a swipe."""
        self.move(*start)
        self.button(down=True)
        self.move((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)
        self.move(*end)
        self.button(down=False)

    def key(self, name: str) -> None:
        """Press and let go a key, by its X name ("Tab", "Escape", "a")."""
        code = self._x11.XKeysymToKeycode(self._display, self._x11.XStringToKeysym(name.encode()))
        for down in (True, False):
            self._xtst.XTestFakeKeyEvent(self._display, code, down, 0)
            self._made()

    def window(self) -> int | None:
        """The first window that is wide, and can be asked to close; None while there is none."""
        wish = self._atom("WM_DELETE_WINDOW")
        return next((w for w in self._children() if wish in self._protocols(w) and self._wide(w)), None)

    def focus(self, window: int) -> None:
        """Give the keyboard to ``window``: without a window manager nobody else does."""
        self._x11.XSetInputFocus(self._display, window, 2, 0)  # 2: RevertToParent
        self._x11.XSync(self._display, 0)

    def ask_to_close(self, window: int) -> None:
        """What a window manager sends when a person closes the window."""
        event = _Event()
        event.client.type = _CLIENT_MESSAGE
        event.client.window = window
        event.client.message_type = self._atom("WM_PROTOCOLS")
        event.client.format = 32
        event.client.data[0] = self._atom("WM_DELETE_WINDOW")
        self._x11.XSendEvent(self._display, window, 0, 0, byref(event))
        self._x11.XSync(self._display, 0)

    def _made(self) -> None:
        self.events += 1
        self._x11.XSync(self._display, 0)

    def _atom(self, name: str) -> int:
        return int(self._x11.XInternAtom(self._display, name.encode(), 0))

    def _children(self) -> list[int]:
        root, parent, number = c_ulong(), c_ulong(), c_uint()
        children = POINTER(c_ulong)()
        asked = self._x11.XDefaultRootWindow(self._display)
        self._x11.XQueryTree(self._display, asked, byref(root), byref(parent), byref(children), byref(number))
        found = [int(children[place]) for place in range(number.value)]
        if children:
            self._x11.XFree(children)
        return found

    def _protocols(self, window: int) -> list[int]:
        atoms, number = POINTER(c_ulong)(), c_int()
        if not self._x11.XGetWMProtocols(self._display, window, byref(atoms), byref(number)):
            return []
        found = [int(atoms[place]) for place in range(number.value)]
        self._x11.XFree(atoms)
        return found

    def _wide(self, window: int) -> bool:
        root, x, y = c_ulong(), c_int(), c_int()
        width, height, border, depth = (c_uint() for _ in range(4))
        done = self._x11.XGetGeometry(
            *(self._display, window, byref(root), byref(x), byref(y)),
            *(byref(width), byref(height), byref(border), byref(depth)),
        )
        return bool(done) and width.value >= _LEAST_WIDTH


class _ClientMessage(ctypes.Structure):
    """XClientMessageEvent of Xlib.h."""

    _fields_ = (
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("window", c_ulong),
        ("message_type", c_ulong),
        ("format", c_int),
        ("data", c_long * 5),
    )


class _Event(ctypes.Union):
    """XEvent of Xlib.h, as large as that."""

    _fields_ = (("client", _ClientMessage), ("pad", c_long * 24))


_ERROR_HANDLER: Final = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)(lambda _display, _error: 0)
"""A window may go while it is asked about; Xlib's own handler would end this process."""


def _libraries() -> tuple[Any, Any]:
    """Xlib and its XTEST part, their functions declared as far as they are used."""
    x11, xtst = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
    x11.XOpenDisplay.restype, x11.XOpenDisplay.argtypes = c_void_p, [c_char_p]
    x11.XDefaultRootWindow.restype, x11.XDefaultRootWindow.argtypes = c_ulong, [c_void_p]
    x11.XInternAtom.restype, x11.XInternAtom.argtypes = c_ulong, [c_void_p, c_char_p, c_int]
    x11.XStringToKeysym.restype, x11.XStringToKeysym.argtypes = c_ulong, [c_char_p]
    x11.XKeysymToKeycode.restype, x11.XKeysymToKeycode.argtypes = ctypes.c_ubyte, [c_void_p, c_ulong]
    x11.XSync.argtypes = [c_void_p, c_int]
    x11.XCloseDisplay.argtypes = [c_void_p]
    x11.XFree.argtypes = [c_void_p]
    x11.XSetInputFocus.argtypes = [c_void_p, c_ulong, c_int, c_ulong]
    x11.XSendEvent.argtypes = [c_void_p, c_ulong, c_int, c_long, c_void_p]
    x11.XQueryTree.argtypes = [c_void_p, c_ulong, *4 * [c_void_p]]
    x11.XGetWMProtocols.argtypes = [c_void_p, c_ulong, c_void_p, c_void_p]
    x11.XGetGeometry.argtypes = [c_void_p, c_ulong, *7 * [c_void_p]]
    xtst.XTestFakeMotionEvent.argtypes = [c_void_p, c_int, c_int, c_int, c_ulong]
    xtst.XTestFakeButtonEvent.argtypes = [c_void_p, c_uint, c_int, c_ulong]
    xtst.XTestFakeKeyEvent.argtypes = [c_void_p, c_uint, c_int, c_ulong]
    x11.XSetErrorHandler(_ERROR_HANDLER)
    return x11, xtst
