"""Starts the console, and renders its Run screen for the documentation."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

from PySide6 import __version_info__
from PySide6.QtCore import QLocale
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app.console.binding import refuse_bad_binding, refuse_losing_binding
from app.console.client.client import StationClient
from app.console.client.replies import PictureReply, Received
from app.console.frame.frame import Frame
from app.console.screens.run.model.state import RunState
from app.console.screens.run.model.view import present
from app.console.starting import refuse_no_address, refuse_no_display, refuse_unknown_language, trusting
from app.console.widgets.theme import dress
from app.console.window import ConsoleWindow
from app.console.words.choice import words_for
from app.console.words.words import Words
from inspection.part import Picture
from inspection.status import StationStatus

DEFAULT_URL: Final = "http://127.0.0.1:8730"
_Hook = Callable[[type[BaseException], BaseException, TracebackType | None], None]
_ENDED: Final = (
    "passgate: the console ends by a fault of its own (above), because its screen may no longer be true; "
    "the line does not notice. Start it again, and report the fault"
)


def run(
    url: str = DEFAULT_URL,
    language: str | None = None,
    fullscreen: bool = False,
    own_key: Callable[[], str] = lambda: "",
    authority: Path | None = None,
) -> int:
    """Show the console until it is closed; returns the process's exit status.

    The status is 0 where it was closed, 1 where it ended by a fault of its own. ``language`` is an ISO 639-1
    code; None takes the system's, where we speak it. ``own_key`` finds the key by which the station knows its
    panel; ``authority`` is the certificate of who signed the engine's, where the system does not know it. The
    engine need not run: the console waits for it, and reconnects by itself.

    Raises:
        BindingError: The Qt binding that is installed would abort the console.
        SettingsError: The language is none of ours, ``url`` is no address, or there is no display.
    """
    refuse_unknown_language(language)
    refuse_no_address(url)
    application = started()
    window = ConsoleWindow(
        StationClient(url, own_key=own_key, tls=trusting(authority)), words=words_of(language)
    )
    window.resize(1280, 800)
    if fullscreen:
        # a bare X server has no window manager that would make the window as large as its state says
        window.setGeometry(application.primaryScreen().geometry())
        window.showFullScreen()
    else:
        window.show()
    sys.excepthook = _ends(application)
    # Python sees signals only between its own instructions: the window's timer gives it those
    signal.signal(signal.SIGINT, lambda *_: window.close())
    signal.signal(signal.SIGTERM, lambda *_: window.close())
    return application.exec()


def started() -> QApplication:
    """The Qt application, once display and binding were looked at.

    Raises:
        BindingError: The Qt binding that is installed would abort the console.
        SettingsError: There is no display.
    """
    let_go = refuse_no_display()
    binding = (__version_info__[0], __version_info__[1], __version_info__[2])
    refuse_bad_binding(binding, sys.version_info[:2])
    application = _application()
    let_go()
    refuse_losing_binding(binding)
    return application


def _ends(application: QApplication) -> _Hook:
    """What to do with a fault in the console's own code: end with a failure, and be started again.

    Qt would go on after it, with a screen that may no longer follow and still says that it is live.
    """

    def end(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, where)
        print(_ENDED, file=sys.stderr)
        application.exit(1)

    return end


def screenshot(
    path: Path,
    *,
    size: tuple[int, int],
    language: str,
    status: StationStatus,
    picture: Picture | None,
    since_received_s: float = 0.2,
) -> None:
    """Write the Run screen as PNG: ``status``, received ``since_received_s`` ago, and its last picture.

    ``size`` is width and height in pixels, ``picture`` height x width x 3, RGB. Needs no display where
    ``QT_QPA_PLATFORM`` is "offscreen".

    Raises:
        OSError: the file cannot be written.
    """
    application = _application()
    words = words_of(language)
    state = RunState()
    state.take(Received(status=status, at_s=0.0))
    view = present(state, now_s=since_received_s, words=words, url=DEFAULT_URL)
    screen = Frame(words, {})
    screen.resize(*size)
    screen.show_view(view)
    told = words.sign_in
    screen.header.show_user(told.no_users if status.without_users else told.sign_in, ended=False)
    reply = None
    if picture is not None and view.part is not None and view.part.pictures:
        height, width = picture.shape[:2]
        # copied: QImage does not keep the array alive
        image = QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        reply = PictureReply(sha256=view.part.pictures[0], image=image)
    screen.run.show_picture(view, reply, view_number=0, words=words)
    screen.show()
    application.processEvents()
    written = screen.grab().save(str(path))
    screen.close()
    screen.deleteLater()
    if not written:
        raise OSError(f"the screenshot could not be written to {path}")


def _application() -> QApplication:
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    dress(application)
    return application


def words_of(language: str | None) -> Words:
    """The words of a language by its code; None: the system's, where we speak it."""
    return words_for(QLocale.system().name() if language is None else language)
