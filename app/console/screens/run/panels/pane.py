"""The pane that a touch opens over the picture: the full text of what was touched."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QScroller,
    QVBoxLayout,
    QWidget,
)

from app.console.screens.run.model.details import Details
from app.console.widgets.basics import Card, ElidedLabel, caption
from app.console.widgets.theme import TOUCH_PX, Theme


class DetailsPane(Card):
    """Covers the picture, never the decision: the live state stays in sight while somebody reads."""

    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._shown: Details | None = None
        self.title = ElidedLabel(role="strong")
        self.button = QPushButton()
        self.button.clicked.connect(self.closed)
        self.rows = QWidget()
        self._grid = QGridLayout(self.rows)
        self._grid.setColumnStretch(1, 1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self.rows)
        QScroller.grabGesture(self._scroll.viewport(), QScroller.ScrollerGestureType.LeftMouseButtonGesture)
        self._column = QVBoxLayout(self)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.button)
        self._column.addLayout(head)
        self._column.addWidget(self._scroll, 1)
        self.hide()

    def show_details(self, details: Details, *, close: str) -> None:
        """Show this; rows are made anew only where their number changed, so that scrolling is not lost."""
        self.button.setText(close)
        if details == self._shown:
            return
        if self._shown is None or len(self._shown.rows) != len(details.rows):
            self._make_rows(len(details.rows))
        self._shown = details
        self.title.setText(details.title)
        for place, (name, text) in enumerate(details.rows):
            for column, value in enumerate((name, text)):
                item = self._grid.itemAtPosition(place, column)
                label = None if item is None else item.widget()
                assert isinstance(label, QLabel)
                label.setText(value)

    def _make_rows(self, number: int) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for place in range(number):
            self._grid.setRowStretch(place, 0)
            top = Qt.AlignmentFlag.AlignTop
            self._grid.addWidget(caption(), place, 0, top)
            text = QLabel()
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setWordWrap(True)
            self._grid.addWidget(text, place, 1, top)
        self._grid.setRowStretch(number, 1)
        self.theme.dress_texts(self.rows)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self._column.setContentsMargins(px(16), px(12), px(12), px(12))
        self._column.setSpacing(px(10))
        self._grid.setContentsMargins(0, 0, px(8), 0)
        self._grid.setHorizontalSpacing(px(16))
        self._grid.setVerticalSpacing(px(6))
        self.button.setFixedSize(px(120), px(TOUCH_PX))
