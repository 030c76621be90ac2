"""The picture with its buttons: closer, farther, how strongly defects are marked, and one to compare with."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from app.console.screens.review.picture import STEP, ZoomedPicture
from app.console.widgets.basics import caption
from app.console.widgets.theme import TOUCH_PX, Theme
from app.console.words.words import Words


class Looking(QWidget):
    """The picture over a row of what is touched to look closer."""

    compare_touched = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.picture = ZoomedPicture(theme)
        self.farther, self.fit, self.closer = QPushButton("−"), QPushButton(), QPushButton("+")
        self.compare = QPushButton()
        self.marks = caption()
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setRange(0, 100)
        self.strength.setValue(100)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.picture, 1)
        self._row = QHBoxLayout()
        for widget in (self.farther, self.fit, self.closer, self.marks):
            self._row.addWidget(widget)
        self._row.addWidget(self.strength, 1)
        self._row.addWidget(self.compare)
        self._column.addLayout(self._row)
        self.farther.clicked.connect(lambda: self.picture.zoom_by(1 / STEP))
        self.closer.clicked.connect(lambda: self.picture.zoom_by(STEP))
        self.fit.clicked.connect(self.picture.fit)
        self.compare.clicked.connect(self.compare_touched)
        self.strength.valueChanged.connect(lambda value: self.picture.set_strength(value / 100))
        touched: tuple[QWidget, ...] = (self.farther, self.fit, self.closer, self.compare, self.strength)
        for one in touched:
            one.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def speak(self, words: Words, *, comparing: bool) -> None:
        """Say everything in this language."""
        said = words.review
        self.fit.setText(said.fit)
        self.marks.setText(said.overlay)
        self.strength.setAccessibleName(said.overlay)
        self.compare.setText(said.own_picture if comparing else said.compare)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self._theme.px
        self._column.setSpacing(px(8))
        self._row.setSpacing(px(8))
        for button in (self.farther, self.closer):
            button.setFixedSize(px(TOUCH_PX), px(TOUCH_PX))
        self.fit.setFixedSize(px(104), px(TOUCH_PX))
        self.compare.setFixedSize(px(124), px(TOUCH_PX))
        self.strength.setFixedHeight(px(TOUCH_PX))
