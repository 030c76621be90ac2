"""What must not be overlooked on any screen: a line each over the whole width, under the header."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel

from app.console.widgets.drawing import hatch
from app.console.widgets.theme import BYPASSED, DARK, INK, SIMULATED, WHITE, Theme


class Banner(QLabel):
    """A line over the whole width that cannot be overlooked; hidden while it has nothing to say."""

    def __init__(self, theme: Theme, ground: QColor, stripes: QColor, *, ink: QColor = WHITE) -> None:
        super().__init__()
        self._theme = theme
        self._ink = ink
        self._ground = ground
        self._stripes = stripes
        self.setProperty("role", "strong")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.hide()

    def show_text(self, text: str) -> None:
        """Say this; an empty text hides the line."""
        self.setText(text)
        self.setVisible(bool(text))

    def rescale(self) -> None:
        """Take the theme's scale."""
        self.setFixedHeight(self._theme.px(34))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Striped at both ends."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._ground)
        metrics = self.fontMetrics()
        margin = self._theme.px(24)
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() - 2 * margin)
        free = (self.width() - metrics.horizontalAdvance(text)) / 2 - margin
        if free > 0:
            step = self._theme.px(20)
            hatch(painter, QRectF(0, 0, free, self.height()), self._stripes, step=step)
            hatch(painter, QRectF(self.width() - free, 0, free, self.height()), self._stripes, step=step)
        painter.setPen(self._ink)
        painter.setFont(self.font())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, text)


def simulated_banner(theme: Theme) -> Banner:
    """Violet, which nothing else on the screen is."""
    return Banner(theme, SIMULATED, QColor(255, 255, 255, 60))


def stale_banner(theme: Theme) -> Banner:
    """Dark: what lies under it is not of now."""
    return Banner(theme, DARK, QColor(255, 255, 255, 50))


def bypass_banner(theme: Theme) -> Banner:
    """Black on amber, as machines are marked: the line runs, and nobody looks at its parts."""
    return Banner(theme, BYPASSED, QColor(0, 0, 0, 170), ink=INK)
