"""What the console refuses in words before Qt is asked for a window."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from app.console.main import run
from app.console.starting import refuse_no_address, refuse_no_display, refuse_unknown_language
from inspection.errors import SettingsError


@pytest.mark.parametrize("code", ["fr", "", "english", "z"])
def test_a_language_that_the_console_lacks_is_refused(code: str) -> None:
    with pytest.raises(SettingsError, match="en, zh"):
        refuse_unknown_language(code)


@pytest.mark.parametrize("code", [None, "en", "zh", "ZH_cn", "en-GB"])
def test_a_language_that_it_has_is_taken_with_its_region(code: str | None) -> None:
    refuse_unknown_language(code)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "station7",
        "127.0.0.1:8730",
        "ftp://h:1",
        "http://",
        "http://h:port",
        "http://h:99999",
        "http://[::1",
        "http://xn--zzzz-.plant",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="http://HOST:PORT"):
        refuse_no_address(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8730", "https://station-7.plant/", "http://[::1]:8730"])
def test_an_address_is_taken(url: str) -> None:
    refuse_no_address(url)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 and Wayland displays")
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "no display here"),
        ({"QT_QPA_PLATFORM": "xcb"}, "no display here"),
        ({"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": "/nowhere"}, "wayland-9"),
    ],
)
def test_without_a_display_the_console_says_so(environment: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        refuse_no_display(environment)


def test_where_no_display_is_needed_none_is_asked_for() -> None:
    refuse_no_display({"QT_QPA_PLATFORM": "offscreen"})


@pytest.mark.e2e
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 displays")
@pytest.mark.parametrize(
    ("arguments", "display", "said"),
    [
        ([], None, "there is no display here"),
        ([], ":97531", "cannot be opened"),
        (["--language", "fr"], None, "does not speak"),
        (["--url", "station7"], None, "no address of an engine"),
    ],
)
def test_the_program_ends_with_words_and_not_with_an_abort(
    arguments: list[str], display: str | None, said: str
) -> None:
    gone = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in gone}
    if display is not None:
        environment["DISPLAY"] = display
    done = subprocess.run(
        [sys.executable, "-m", "app", "console", *arguments],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode > 0, "not by a signal"
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 displays")
def test_the_display_is_held_until_qt_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare X server, as in a kiosk, starts anew when its last client goes: Qt found none, and aborted."""
    happened: list[str] = []

    def opened(display: str) -> Callable[[], None]:
        happened.append(f"looks at {display}")
        return lambda: happened.append("lets go")

    def qt() -> None:
        happened.append("Qt connects")
        raise KeyboardInterrupt

    monkeypatch.setattr("app.console.starting._opened", opened)
    monkeypatch.setattr("app.console.main._application", qt)
    monkeypatch.setitem(os.environ, "DISPLAY", ":7")
    monkeypatch.setitem(os.environ, "QT_QPA_PLATFORM", "xcb")
    with pytest.raises(KeyboardInterrupt):
        run("http://127.0.0.1:1")
    assert happened == ["looks at :7", "Qt connects"]
    refuse_no_display()()
    assert happened[-1] == "lets go"
