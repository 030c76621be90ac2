"""The bottom of every screen: how many alarms are active, and the newest of them."""

from PySide6.QtWidgets import QHBoxLayout

from app.console.screens.run.model.shown import AlarmsView
from app.console.widgets.basics import Card, ElidedLabel, SignView, caption
from app.console.widgets.theme import TOUCH_PX, Theme


class AlarmsLine(Card):
    """How many alarms are active, and the newest of them. A touch lists all."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.sign = SignView(theme, edge=20)
        self.text = ElidedLabel(keep_end=True)
        self.age = caption()
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.sign)
        self._row.addWidget(self.text, 1)
        self._row.addWidget(self.age)

    def show_view(self, view: AlarmsView) -> None:
        """Paint this."""
        self.sign.show_sign(view.sign)
        self.text.setText(view.text)
        self.age.setText(view.age)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self.setFixedHeight(px(TOUCH_PX - 4))
        self._row.setContentsMargins(px(12), 0, px(12), 0)
        self._row.setSpacing(px(16))
        self.sign.rescale()
