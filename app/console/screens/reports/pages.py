"""The printed pages of a report below each other, as wide as there is room; scrolled by touch."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QScroller

from app.console.widgets.theme import Theme


class Pages(QScrollArea):
    """One picture of all pages, or a word in its place."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._image: QImage | None = None
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text.setWordWrap(True)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setWidget(self._text)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.LeftMouseButtonGesture)

    @property
    def text(self) -> str:
        """What stands in the place of pages."""
        return self._text.text()

    @property
    def image(self) -> QImage | None:
        """The pages that are shown."""
        return self._image

    def show_pages(self, image: QImage) -> None:
        """Show these, from the first."""
        self._image = image
        self._fit()
        self.verticalScrollBar().setValue(0)

    def show_text(self, text: str) -> None:
        """Say this in their place."""
        self._image = None
        self._text.setText(text)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """More room, or less."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._image is None:
            return
        width = max(1, min(self.viewport().width(), self._image.width()))
        smooth = Qt.TransformationMode.SmoothTransformation
        self._text.setPixmap(QPixmap.fromImage(self._image.scaledToWidth(width, smooth)))
