"""Rows of a caption and its text, as long as they are: for panes that say the whole of something."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QScroller, QWidget

from app.console.widgets.basics import caption
from app.console.widgets.theme import Theme

Rows = tuple[tuple[str, str], ...]


class TextRows(QScrollArea):
    """Captions at the left, texts beside them. What does not fit is scrolled to by touch."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: Rows | None = None
        inside = QWidget()
        self._grid = QGridLayout(inside)
        self._grid.setColumnStretch(1, 1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.LeftMouseButtonGesture)

    def show_rows(self, rows: Rows) -> None:
        """Show these; they are made anew only where their number changed, so that scrolling is not lost."""
        if rows == self._shown:
            return
        if self._shown is None or len(self._shown) != len(rows):
            self._make(len(rows))
        self._shown = rows
        for place, row in enumerate(rows):
            for column, value in enumerate(row):
                item = self._grid.itemAtPosition(place, column)
                label = None if item is None else item.widget()
                assert isinstance(label, QLabel)
                label.setText(value)

    def _make(self, number: int) -> None:
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
        self._theme.dress_texts(self)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self._theme.px
        self._grid.setContentsMargins(0, 0, px(8), 0)
        self._grid.setHorizontalSpacing(px(16))
        self._grid.setVerticalSpacing(px(6))
