"""What every screen is: a widget in the frame, at the frame's scale, in its language."""

from PySide6.QtWidgets import QWidget

from app.console.widgets.theme import Theme
from app.console.words.words import Words


class Screen(QWidget):
    """One of the console's screens. It fills the room between the banners and the alarms line.

    It is made when it is shown first. What it must do then, and when it is left, stands in ``entered`` and
    ``left``: a screen that nobody sees asks nothing of the engine.

    Args:
        theme: The scale of the window, which its frame changes.
        words: In which it speaks from the beginning.
    """

    def __init__(self, theme: Theme, words: Words) -> None:
        super().__init__()
        self.theme = theme
        self.words = words

    def rescale(self) -> None:
        """Take the theme's scale: called when the window's size changes, and once before it is shown."""

    def speak(self, words: Words) -> None:
        """Say everything in this language from now on."""
        self.words = words

    def entered(self) -> None:
        """It is shown from now on."""

    def left(self) -> None:
        """It is not shown any more."""

    def tick(self, now_s: float) -> None:
        """Let time pass: called ten times a second while it is shown, with the window's monotonic clock."""

    def escape(self) -> bool:
        """Lead one step back; False where there is none, and the frame goes to the Run screen."""
        return False
