"""Opens the window in which a person clicks a dial, and waits for the answer."""

import signal
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage

from app.console.main import started, words_of
from app.console.starting import refuse_unknown_language
from app.console.teaching.clicks import Clicks
from app.console.teaching.window import ClickWindow
from inspection.instruments.dial import DialDescription
from inspection.part import Picture

_TICK_MS: Final = 100


def ask_for_dial(
    picture: Picture, *, begun: DialDescription | None = None, language: str | None = None
) -> DialDescription | None:
    """The dial that a person clicks in ``picture``; None where the window was closed with nothing said.

    Args:
        picture: Height x width x 3, RGB.
        begun: A proposal, which the person confirms or changes.
        language: As the console's; None: the desktop's.

    Raises:
        BindingError: The Qt binding that is installed would abort.
        SettingsError: There is no display, or the language is none of ours.
    """
    refuse_unknown_language(language)
    application = started()
    window = ClickWindow(
        image_of(picture),
        words=words_of(language),
        begun=Clicks() if begun is None else Clicks.of(begun),
        on_end=application.quit,
    )
    window.resize(1280, 800)
    window.show()
    ticks = QTimer()  # Python sees signals only between its own instructions
    ticks.timeout.connect(lambda: None)
    ticks.start(_TICK_MS)
    before = {
        number: signal.signal(number, lambda *_: window.close()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        application.exec()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return window.answer


def image_of(picture: Picture) -> QImage:
    """A picture for Qt, which does not keep the array alive: copied."""
    height, width = picture.shape[:2]
    return QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
