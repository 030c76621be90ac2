"""What is looked at before the console opens its window: language, address and display, refused with words.

Qt itself aborts the process where it finds no display, and the console would wait for ever at an address
that is none.
"""

import ctypes
import os
import ssl
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from app.console.words.choice import LANGUAGES
from inspection.errors import SettingsError

_SPOKEN: Final = ", ".join(LANGUAGES)


def refuse_unknown_language(code: str | None) -> None:
    """Refuse a language that somebody asked for and that the console lacks; "zh_CN" is one that it has.

    Raises:
        SettingsError: It lacks it.
    """
    if code is not None and code.lower().replace("_", "-").split("-")[0] not in LANGUAGES:
        raise SettingsError(f"the console does not speak {code!r}", todo=f"--language takes: {_SPOKEN}")


def refuse_no_address(url: str) -> None:
    """Refuse what is no address of an engine. Raises SettingsError."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        sound = sound and bool(httpx.URL(url).host)
    except (ValueError, httpx.InvalidURL):  # no port's number, brackets that do not close, no host's name
        sound = False
    if not sound or any(character.isspace() for character in url):
        raise SettingsError(
            f"{url!r} is no address of an engine",
            todo="write it as http://HOST:PORT, such as http://127.0.0.1:8730",
        )


def trusting(authority: Path | None) -> ssl.SSLContext | None:
    """Trusts one authority alone; None where none is named: whom the system trusts.

    Raises:
        SettingsError: Its certificate cannot be used.
    """
    if authority is None:
        return None
    try:
        return ssl.create_default_context(cafile=authority)
    except OSError as error:  # SSLError is one
        raise SettingsError(
            f"the certificate {authority} cannot be used: {getattr(error, 'reason', None) or error.strerror}",
            todo="name the PEM file of the authority that signed the engine's certificate with --ca",
        ) from error


def refuse_no_display(environment: Mapping[str, str] = os.environ) -> Callable[[], None]:
    """Refuse to start where Qt would find no display.

    Returns:
        What lets go of the connection that was made to look; call it when Qt has its own. A bare X server
        starts anew when its last client goes: Qt, connecting meanwhile, would find no display and abort.

    Raises:
        SettingsError: There is none, or the one that is named cannot be opened.
    """
    platform = environment.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    if not sys.platform.startswith("linux") or platform not in ("", "xcb", "wayland"):
        return _nothing_to_let_go
    x11, wayland = environment.get("DISPLAY", ""), environment.get("WAYLAND_DISPLAY", "")
    socket = Path(environment.get("XDG_RUNTIME_DIR", "/")) / wayland
    if platform != "xcb" and wayland and socket.exists():
        return _nothing_to_let_go
    if platform == "wayland" or not x11:
        what = f"the Wayland display {wayland!r} is not there" if wayland else "there is no display here"
    elif (close := _opened(x11)) is not None:
        return close
    else:
        what = f"the display {x11!r} cannot be opened"
    raise SettingsError(
        what,
        part="the console was not opened; the line does not need it",
        todo="start it in the desktop's session, or name its display: DISPLAY=:0 passgate console",
    )


def _nothing_to_let_go() -> None:
    """No connection was made."""


def _opened(display: str) -> Callable[[], None] | None:
    """Connect to the X server; gives what closes the connection, or None where it does not let us in."""
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:  # nobody can look: Qt will
        return _nothing_to_let_go
    x11.XOpenDisplay.argtypes, x11.XOpenDisplay.restype = [ctypes.c_char_p], ctypes.c_void_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    opened = x11.XOpenDisplay(display.encode())
    return (lambda: x11.XCloseDisplay(opened)) if opened else None
