"""The pane that a touch opens over the picture: the full text of what was touched."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from app.console.screens.run.model.details import Details
from app.console.widgets.basics import Card, ElidedLabel
from app.console.widgets.text_rows import TextRows
from app.console.widgets.theme import TOUCH_PX, Theme


class DetailsPane(Card):
    """Covers the picture, never the decision: the live state stays in sight while somebody reads."""

    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.title = ElidedLabel(role="strong")
        self.button = QPushButton()
        self.button.clicked.connect(self.closed)
        self.rows = TextRows(theme)
        self._column = QVBoxLayout(self)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.button)
        self._column.addLayout(head)
        self._column.addWidget(self.rows, 1)
        self.hide()

    def show_details(self, details: Details, *, close: str) -> None:
        """Show this."""
        self.button.setText(close)
        self.title.setText(details.title)
        self.rows.show_rows(details.rows)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self._column.setContentsMargins(px(16), px(12), px(12), px(12))
        self._column.setSpacing(px(10))
        self.rows.rescale()
        self.button.setFixedSize(px(120), px(TOUCH_PX))
