"""The top of every screen: the way to the others, station, recipe, mode, contact."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.console.screens.run.model.shown import HeaderView
from app.console.widgets.basics import ElidedLabel, SignView, caption, set_marked
from app.console.widgets.theme import TOUCH_PX, Theme
from app.console.words.words import Words


class Header(QWidget):
    """Who this is, what it inspects, what it is doing, and whether that is of now."""

    menu_touched = Signal()
    touched = Signal()
    user_touched = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.menu = QPushButton()
        self.menu.clicked.connect(self.menu_touched)
        self.station = ElidedLabel(role="strong")
        self.recipe_caption = caption()
        self.recipe = ElidedLabel(role="strong")
        self.mode = SignView(theme, edge=24)
        self.mode_reason = ElidedLabel(lines=2, role="caption", middle=True, keep_end=True)
        self.contact = SignView(theme, edge=18)
        self.user = QPushButton()
        self.user.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.user.clicked.connect(self.user_touched)
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
        self._row.addWidget(self.menu)
        self._row.addLayout(names, 4)
        self._row.addWidget(self.mode)
        self._row.addWidget(self.mode_reason, 4)
        self._row.addWidget(self.contact)
        self._row.addWidget(self.user)

    def show_view(self, view: HeaderView, words: Words) -> None:
        """Paint this."""
        self.menu.setText(words.menu)
        self.station.setText(view.station or "Passgate")
        self.recipe_caption.setText(words.recipe)
        self.recipe.setText(view.recipe)
        self.mode.show_sign(view.mode)
        self.mode_reason.setText(view.mode_reason)
        self.contact.show_sign(view.contact)

    def show_user(self, text: str, *, ended: bool) -> None:
        """Who has signed in, or how somebody does; ``ended``: that a session ended by itself stands out."""
        room = self.user.width() - 2 * self._theme.px(12)
        self.user.setText(self.user.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))
        self.user.setAccessibleName(text)
        set_marked(self.user, ended)

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
        self.menu.setFixedSize(px(112), px(TOUCH_PX))
        self.contact.setMinimumWidth(px(132))
        self.user.setFixedSize(px(152), px(TOUCH_PX))
        self.mode.rescale()
        self.contact.rescale()
