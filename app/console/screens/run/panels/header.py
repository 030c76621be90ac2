"""The top of the screen: station, recipe, mode, contact, language; under it what must not be overlooked."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.console.screens.run.model.shown import HeaderView
from app.console.widgets.basics import ElidedLabel, SignView, caption
from app.console.widgets.drawing import hatch
from app.console.widgets.theme import BYPASSED, DARK, INK, SIMULATED, TOUCH_PX, WHITE, Theme
from app.console.words.words import Words


class Header(QWidget):
    """Who this is, what it inspects, what it is doing, and whether that is of now."""

    language_touched = Signal()
    touched = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.station = ElidedLabel(role="strong")
        self.recipe_caption = caption()
        self.recipe = ElidedLabel(role="strong")
        self.mode = SignView(theme, edge=24)
        self.mode_reason = ElidedLabel(lines=2, role="caption", middle=True, keep_end=True)
        self.contact = SignView(theme, edge=18)
        self.language = QPushButton()
        self.language.clicked.connect(self.language_touched)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self.station)
        line = QHBoxLayout()
        line.addWidget(self.recipe_caption)
        line.addWidget(self.recipe, 1)
        self._recipe_line = line
        names.addLayout(line)
        self._row.addLayout(names, 4)
        self._row.addWidget(self.mode)
        self._row.addWidget(self.mode_reason, 4)
        self._row.addWidget(self.contact)
        self._row.addWidget(self.language)

    def show_view(self, view: HeaderView, words: Words) -> None:
        """Paint this."""
        self.station.setText(view.station or "Passgate")
        self.recipe_caption.setText(words.recipe)
        self.recipe.setText(view.recipe)
        self.mode.show_sign(view.mode)
        self.mode_reason.setText(view.mode_reason)
        self.contact.show_sign(view.contact)
        self.language.setText(words.other_language)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A touch that ends on the header."""
        if self.rect().contains(event.position().toPoint()):
            self.touched.emit()

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self._theme.px
        self.setFixedHeight(px(TOUCH_PX))
        self._row.setSpacing(px(16))
        self._recipe_line.setSpacing(px(8))
        self.language.setFixedSize(px(112), px(TOUCH_PX))
        self.contact.setMinimumWidth(px(132))
        self.mode.rescale()
        self.contact.rescale()


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
