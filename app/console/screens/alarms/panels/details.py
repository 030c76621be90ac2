"""The pane beside the list: all of one alarm, and what can be done with it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from app.console.screens.alarms.model.rows import Pane
from app.console.widgets.basics import Card, ElidedLabel, SignView, set_ink
from app.console.widgets.signs import Tone
from app.console.widgets.text_rows import TextRows
from app.console.widgets.theme import COMMAND_PX, Theme, tone_ink
from app.console.words.alarms import AlarmWords
from inspection.alarms.order import AlarmAct


class DetailsCard(Card):
    """What an alarm means, what to do, and three buttons that never move under a finger."""

    act_touched = Signal(AlarmAct)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.sign = SignView(theme, edge=28, elided=True)
        self.rows = TextRows(theme)
        self.notice = ElidedLabel(lines=2, role="caption", middle=True)
        self.buttons = {act: QPushButton() for act in AlarmAct}
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.sign)
        self._column.addWidget(self.rows, 1)
        self._column.addWidget(self.notice)
        self._row = QHBoxLayout()
        for act, button in self.buttons.items():
            button.setAutoRepeat(False)  # a held finger must not do it twice
            button.clicked.connect(lambda _checked=False, wanted=act: self.act_touched.emit(wanted))
            self._row.addWidget(button, 1)
        self._column.addLayout(self._row)

    def show_pane(self, pane: Pane | None, words: AlarmWords, *, may: bool) -> None:
        """Show this alarm, or none; ``may``: the engine can be asked to do something now."""
        self.sign.setVisible(pane is not None)
        if pane is not None:
            self.sign.show_sign(pane.sign)
        self.rows.show_rows((("", words.touch_one),) if pane is None else pane.rows)
        enabled = {
            AlarmAct.ACKNOWLEDGE: pane is not None and pane.acknowledge,
            AlarmAct.SHELVE: pane is not None and pane.shelve_min > 0,
            AlarmAct.UNSHELVE: pane is not None and pane.unshelve,
        }
        faces = (words.acknowledge, words.shelve, words.unshelve)
        for (act, button), face in zip(self.buttons.items(), faces, strict=True):
            button.setText(face)
            button.setEnabled(may and enabled[act])

    def tell(self, text: str, tone: Tone) -> None:
        """How the last order ended."""
        self.notice.setText(text)
        set_ink(self.notice, tone_ink(tone))

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self._column.setContentsMargins(px(16), px(12), px(12), px(12))
        self._column.setSpacing(px(8))
        self._row.setSpacing(px(10))
        self.sign.rescale()
        self.rows.rescale()
        for button in self.buttons.values():
            button.setFixedHeight(px(COMMAND_PX - 20))
