"""The Alarms screen: the alarms that stand, what to do about each, and those that there were."""

from datetime import datetime, timedelta
from typing import Final, Protocol

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.console.client.alarms import HISTORY, ORDER, history_wanted, ordered, page_in, result_in
from app.console.client.asking import Answer, Request
from app.console.screens.alarms.model.lists import HistoryList, NowList
from app.console.screens.alarms.model.rows import (
    Pane,
    Row,
    key_of,
    listed,
    listed_pane,
    recorded_pane,
    recorded_row,
)
from app.console.screens.alarms.panels.alarm_list import AlarmList
from app.console.screens.alarms.panels.details import DetailsCard
from app.console.screens.alarms.panels.shelving import ShelvingCard
from app.console.screens.run.model.state import Contact, RunState
from app.console.screens.screen import Screen
from app.console.widgets.basics import Card, ElidedLabel, set_marked
from app.console.widgets.phrases import said, why
from app.console.widgets.signs import Tone
from app.console.widgets.theme import TOUCH_PX, Theme
from app.console.words.words import ScreenName, Words
from inspection.alarms.history import AlarmOnRecord, HistoryAsked
from inspection.alarms.order import AlarmAct, AlarmOrder
from inspection.alarms.priority import Priority
from inspection.status import StationStatus

PAGE: Final = 100
PERIODS: Final = (timedelta(hours=8), timedelta(hours=24), timedelta(days=7), None)
NOTICE_S: Final = 10.0


class Asking(Protocol):
    """What the screen needs of the client."""

    answered: SignalInstance

    def ask(self, request: Request) -> None:
        """Ask; ``answered`` tells the end."""


class AlarmsScreen(Screen):
    """Two lists and the pane beside them. Asks the record only when the history is looked at.

    Args:
        theme: The window's scale.
        words: In which it speaks from the beginning.
        client: Of the engine.
        state: What has arrived, as the window knows it.
    """

    def __init__(self, theme: Theme, words: Words, client: Asking, state: RunState) -> None:
        super().__init__(theme, words)
        self._client = client
        self._state = state
        self._now_s = 0.0
        self._asked: str | None = None
        """Path of the page that is waited for."""
        self._period = 1
        self._priority: Priority | None = None
        self._since: datetime | None = None
        self._key: str | None = None
        self._notice_until_s = 0.0
        self._problem: Answer | None = None
        self._waiting = 0
        self.now = NowList()
        self.history = HistoryList(self._row)
        self._build()
        self._connect()
        self.speak(words)

    # --- what it is made of ---------------------------------------------------------------------------

    def _build(self) -> None:
        theme = self.theme
        self.tab_now, self.tab_history = QPushButton(), QPushButton()
        self.headline = ElidedLabel(role="strong")
        self.periods = tuple(QPushButton() for _ in PERIODS)
        self.priorities = {priority: QPushButton() for priority in (None, *reversed(Priority))}
        self.again = QPushButton()
        self.now_list, self.history_list = AlarmList(theme, self.now), AlarmList(theme, self.history)
        self.lists = QStackedWidget()
        self.lists.addWidget(self.now_list)
        self.lists.addWidget(self.history_list)
        self.empty = ElidedLabel(lines=2, role="strong", middle=True)
        self.card = Card(theme)
        self.details, self.shelving = DetailsCard(theme), ShelvingCard(theme)
        self._filters = QWidget()
        self._filter_row = QHBoxLayout(self._filters)
        self._filter_row.setContentsMargins(0, 0, 0, 0)
        for button in self.periods:
            self._filter_row.addWidget(button, 1)
        self._filter_row.addStretch(1)
        for button in self.priorities.values():
            self._filter_row.addWidget(button, 1)
        self._tabs = QHBoxLayout()
        for tab in (self.tab_now, self.tab_history):
            self._tabs.addWidget(tab)
        self._tabs.addWidget(self.headline, 1)
        self._tabs.addWidget(self.again)
        self._inside = QVBoxLayout(self.card)
        self._inside.addWidget(self.empty)
        self._inside.addWidget(self.lists, 1)
        self._left = QVBoxLayout()
        self._left.addWidget(self._filters)
        self._left.addWidget(self.card, 1)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.addLayout(self._tabs, 0, 0, 1, 2)
        self._grid.addLayout(self._left, 1, 0)
        self._grid.addWidget(self.details, 1, 1)
        self._grid.addWidget(self.shelving, 1, 1)
        self._grid.setColumnStretch(0, 7)
        self._grid.setColumnStretch(1, 6)
        self._grid.setRowStretch(1, 1)
        for card in (self.card, self.details, self.shelving):
            # a long word in a card must not move the columns
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def _connect(self) -> None:
        # queued: the client's signals come from its network thread
        self._client.answered.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self.tab_now.clicked.connect(self._show_now)
        self.tab_history.clicked.connect(self._show_history)
        self.again.clicked.connect(self.history.begin)
        for number, button in enumerate(self.periods):
            button.clicked.connect(lambda _checked=False, chosen=number: self._choose_period(chosen))
        for priority, button in self.priorities.items():
            button.clicked.connect(lambda _checked=False, chosen=priority: self._choose_priority(chosen))
        self.history.wanted.connect(self._want)
        for one in (self.now_list, self.history_list):
            one.chosen.connect(self._choose)
        self.details.act_touched.connect(self._act)
        self.shelving.shelved.connect(self._shelve)
        self.shelving.closed.connect(self._close_shelving)

    # --- what the frame tells it ----------------------------------------------------------------------

    def entered(self) -> None:
        """What stands is what matters first."""
        self._show_now()

    def left(self) -> None:
        """What was not finished is not kept: nobody shelves what he no longer looks at."""
        self._close_shelving()

    def tick(self, now_s: float) -> None:
        """Paint what is known, at its age of this moment."""
        self._now_s = now_s
        self._paint()

    def speak(self, words: Words) -> None:
        """Say everything in this language from now on."""
        super().speak(words)
        told = words.alarm_list
        self.shelving.speak(told)
        self.again.setText(told.again)
        self.now_list.setAccessibleName(self.words.screens[ScreenName.ALARMS])
        self.history_list.setAccessibleName(told.history)
        for button, period in zip(self.periods, told.periods, strict=True):
            button.setText(period)
        for priority, button in self.priorities.items():
            button.setText(told.any_priority if priority is None else told.priorities[priority])
        self.details.tell("", Tone.CALM)
        self.history.speak()
        self._paint()

    def escape(self) -> bool:
        """Out of shelving, then out of the history."""
        if not self.shelving.isHidden():
            self._close_shelving()
        elif self._in_history:
            self._show_now()
        else:
            return False
        return True

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        for layout in (self._grid, self._left, self._tabs):
            layout.setSpacing(px(10))
        self._filter_row.setSpacing(px(6))
        self._inside.setContentsMargins(px(4), px(6), px(4), px(6))
        for button in (self.tab_now, self.tab_history, self.again):
            button.setFixedSize(px(170), px(TOUCH_PX))
        for button in (*self.periods, *self.priorities.values()):
            button.setFixedHeight(px(TOUCH_PX))
        self.details.rescale()
        self.shelving.rescale()
        for one in (self.now_list, self.history_list):
            one.scheduleDelayedItemsLayout()  # rows are as high as the scale says

    # --- what is seen ---------------------------------------------------------------------------------

    @property
    def _status(self) -> StationStatus | None:
        return None if self._state.received is None else self._state.received.status

    @property
    def _in_history(self) -> bool:
        return self.lists.currentWidget() is self.history_list

    def _paint(self) -> None:
        status, told = self._status, self.words.alarm_list
        fresh = self._state.contact(self._now_s) is Contact.FRESH
        shown = None
        if status is not None:
            shown = listed(status, self._state.silence_s(self._now_s) or 0.0, self.words)
            self.now.show(shown.rows)
        if not self._in_history:
            self.now_list.choose(self._key)
        self.tab_now.setText(told.now.format(n="–" if status is None else len(status.alarms)))
        self.tab_history.setText(told.history)
        set_marked(self.tab_now, not self._in_history)
        set_marked(self.tab_history, self._in_history)
        self.headline.setText(self._said_above(shown.flood if shown else ""))
        self.again.setVisible(self._in_history and self._problem is not None)
        self._filters.setVisible(self._in_history)
        for number, button in enumerate(self.periods):
            set_marked(button, number == self._period)
        for priority, button in self.priorities.items():
            set_marked(button, priority is self._priority)
        self._paint_empty()
        self.card.set_stale(not fresh and not self._in_history)
        self.details.set_stale(not fresh and not self._in_history)
        if self._now_s >= self._notice_until_s:
            self.details.tell("", Tone.CALM)
        self.details.show_pane(self._pane(), told, may=fresh)
        if not self.shelving.isHidden() and self._listed_pane(self.shelving.key) is None:
            self._close_shelving()  # it has left the list meanwhile

    def _said_above(self, flood: str) -> str:
        told = self.words.alarm_list
        if not self._in_history:
            return flood
        return told.waiting.format(n=self._waiting) if self._waiting else ""

    def _paint_empty(self) -> None:
        """What stands in the place of a list that has nothing to show."""
        told, text = self.words.alarm_list, ""
        if self._status is None:
            text = self.words.nothing_known
        elif not self._in_history:
            text = "" if self.now.rowCount() else told.none_listed
        elif self._problem is not None:
            text = why(self._problem, self.words)
        elif not self.history.rowCount():
            text = told.loading if self.history.loading else told.none_found
        self.empty.setText(text)
        self.empty.setVisible(bool(text))

    def _row(self, one: AlarmOnRecord) -> Row:
        assert self._status is not None  # or nothing was asked
        return recorded_row(one, self._status, self.words)

    def _pane(self) -> Pane | None:
        status = self._status
        if status is None or self._key is None:
            return None
        if not self._in_history:
            return self._listed_pane(self._key)
        found = self.history.named(self._key)
        return None if found is None else recorded_pane(found, status, self.words)

    def _listed_pane(self, key: str) -> Pane | None:
        status = self._status
        alarms = () if status is None else status.alarms
        found = next((alarm for alarm in alarms if key_of(alarm) == key), None)
        return None if found is None or status is None else listed_pane(found, status, self.words)

    # --- what is touched ------------------------------------------------------------------------------

    def _show_now(self) -> None:
        self.lists.setCurrentWidget(self.now_list)
        self._paint()
        if self.now.rows and self._key not in [row.key for row in self.now.rows]:
            self._key = self.now.rows[0].key
            self._paint()

    def _show_history(self) -> None:
        """Each touch asks anew: what has come since is at the top."""
        self._close_shelving()
        self.lists.setCurrentWidget(self.history_list)
        self._key = None
        if self._status is not None:
            self.history.begin()
        self._paint()

    def _choose_period(self, number: int) -> None:
        self._period = number
        self._show_history()

    def _choose_priority(self, priority: Priority | None) -> None:
        self._priority = priority
        self._show_history()

    def _choose(self, key: str) -> None:
        self._key = key
        self._close_shelving()

    def _act(self, act: AlarmAct) -> None:
        pane = self._pane()
        if pane is None:
            return
        if act is AlarmAct.SHELVE:
            self.shelving.begin(pane.key, pane.rows[0][1], most=pane.shelve_min)
            self.details.hide()
            self.shelving.show()
        else:
            self._order(AlarmOrder(act=act, alarm_id=pane.key))

    def _shelve(self, minutes: int, reason: str) -> None:
        key = self.shelving.key
        self._close_shelving()
        self._order(AlarmOrder(act=AlarmAct.SHELVE, alarm_id=key, minutes=minutes, reason=reason))

    def _close_shelving(self) -> None:
        self.shelving.hide()
        self.details.show()
        self._paint()

    def _order(self, order: AlarmOrder) -> None:
        self._tell(self.words.alarm_list.sent, Tone.CALM)
        self._client.ask(ordered(order))

    # --- what the engine says -------------------------------------------------------------------------

    def _want(self, before: int | None) -> None:
        """Ask for a page; the stretch of time is that of the first."""
        status, period = self._status, PERIODS[self._period]
        if before is None:
            self._since = None if status is None or period is None else status.at - period
        asked = HistoryAsked(start=self._since, priority=self._priority, before=before, limit=PAGE)
        request = history_wanted(asked)
        self._asked, self._problem = request.path, None
        self._client.ask(request)

    def _take(self, answer: Answer) -> None:
        if answer.request.topic == HISTORY and answer.request.path == self._asked:
            page = page_in(answer)
            self._problem = answer if page is None else None
            self._waiting = 0 if page is None else page.waiting
            self.history.take(page)
        elif answer.request.topic == ORDER:
            result = result_in(answer)
            if result is None:
                self._tell(why(answer, self.words), Tone.DANGER)
            else:
                told = said(result.message, result.coded, self.words)
                self._tell(told, Tone.CALM if result.accepted else Tone.DANGER)
        self._paint()

    def _tell(self, text: str, tone: Tone) -> None:
        self._notice_until_s = self._now_s + NOTICE_S
        self.details.tell(text, tone)
