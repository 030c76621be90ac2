"""Brings together what arrives, what is touched, and the screen."""

import time
from collections.abc import Callable
from typing import Final

import structlog
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.console.client import reviews
from app.console.client.asking import Answer
from app.console.client.client import StationClient
from app.console.client.replies import CommandReply, ContactTrouble, PictureReply, Received
from app.console.frame.frame import Frame
from app.console.screens.alarms.model.rows import listed, listed_pane
from app.console.screens.alarms.screen import AlarmsScreen
from app.console.screens.reports.screen import ReportsScreen
from app.console.screens.review.screen import ReviewScreen
from app.console.screens.run.model.details import PartTopic, StationTopic, Topic, details
from app.console.screens.run.model.shown import RunView
from app.console.screens.run.model.state import RunState
from app.console.screens.run.model.view import present
from app.console.signing_in import SigningIn
from app.console.widgets.theme import Theme
from app.console.words.choice import other
from app.console.words.words import ScreenName, Words
from inspection.status import Command

REFRESH_MS: Final = 100
"""Ages are counted on at this pace, whatever arrives."""

COUNT_EVERY_S: Final = 15.0
"""So often it is asked how many held parts wait for a person."""

_log = structlog.get_logger(__name__)


class ConsoleWindow(QWidget):
    """The console. Owns the client: closing the window ends it."""

    def __init__(
        self, client: StationClient, *, words: Words, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self.setWindowTitle("Passgate")
        self.state = RunState()
        self.frame = Frame(
            words,
            {
                ScreenName.REVIEW: self._make_review,
                ScreenName.ALARMS: lambda theme, words: AlarmsScreen(theme, words, client, self.state),
                ScreenName.REPORTS: lambda theme, words: ReportsScreen(theme, words, client, who=self._who),
            },
        )
        self.run_screen = self.frame.run
        self.review: ReviewScreen | None = None
        """Made when it is shown first."""
        self._client = client
        self._monotonic = monotonic
        self._topic: Topic | None = None
        self._wanted: str | None = None
        """SHA-256 of the picture that belongs on the screen."""
        self._picture: PictureReply | None = None
        self._view_number = 0
        self._part_id: str | None = None
        self._count_at_s = monotonic() + COUNT_EVERY_S
        self.signing_in = SigningIn(client, self.frame)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.frame)
        self._connect()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(REFRESH_MS)
        client.open()
        self.refresh()

    def _connect(self) -> None:
        # queued: the client's signals come from its network thread
        queued = Qt.ConnectionType.QueuedConnection
        self._client.status_waiting.connect(self._take_status, queued)
        self._client.trouble.connect(self._take_trouble, queued)
        self._client.command_done.connect(self._take_command, queued)
        self._client.person_needed.connect(self._let_others_command, queued)
        self._client.picture_done.connect(self._take_picture, queued)
        self._client.answered.connect(self._take_answer, queued)
        self.run_screen.command_touched.connect(self._send)
        self.run_screen.part_touched.connect(self._select)
        self.run_screen.live_touched.connect(self._go_live)
        self.frame.language_touched.connect(self._switch_language)
        self.frame.screen_touched.connect(self._go_to)
        self.frame.station_touched.connect(lambda: self._open_topic(StationTopic()))
        self.frame.alarms_touched.connect(lambda: self._go_to(ScreenName.ALARMS))
        self.run_screen.topic_touched.connect(self._open_topic)
        self.run_screen.pane_closed.connect(self._close_topic)
        self.run_screen.view_touched.connect(self._next_view)

    def _make_review(self, theme: Theme, words: Words) -> ReviewScreen:
        self.review = ReviewScreen(
            theme,
            words,
            self._client.ask,
            lambda sha256, place: self._client.fetch_picture(sha256, place=place),
        )
        return self.review

    def _who(self) -> str:
        """Who has signed in at the panel, as printed; empty for nobody."""
        session = self.signing_in.session
        return "" if session is None else session.user

    def refresh(self) -> RunView:
        """Let time pass and paint what is known, at its age of this moment."""
        now_s = self._monotonic()
        self.state.tick(now_s)
        view = present(self.state, now_s=now_s, words=self.words, url=self._client.url)
        self._want_picture(view)
        self.frame.menu.wait_for(ScreenName.ALARMS, view.alarms.waiting)
        self.frame.show_view(view)
        self.frame.shown.tick(now_s)
        received = self.state.received
        self.signing_in.tick(now_s, first_day=received is not None and received.status.without_users)
        self._count_waiting(now_s)
        self.run_screen.show_picture(view, self._picture, view_number=self._view_number, words=self.words)
        shown = None if self._topic is None else details(self._topic, self.state, view, self.words)
        self.run_screen.show_details(shown, close=self.words.close)
        return view

    def _count_waiting(self, now_s: float) -> None:
        """How many held parts wait, for the menu; the Review screen knows it while it is shown."""
        if now_s >= self._count_at_s and self.frame.name is not ScreenName.REVIEW:
            self._count_at_s = now_s + COUNT_EVERY_S
            self._client.ask(reviews.waiting())

    def _want_picture(self, view: RunView) -> None:
        """Ask for the picture of the part that is shown. An earlier part's picture goes at once."""
        part = view.part
        part_id = None if part is None else part.inspection_id
        if part_id != self._part_id:
            self._part_id, self._view_number = part_id, 0
        wanted = None
        if part is not None and part.pictures:
            self._view_number %= len(part.pictures)
            wanted = part.pictures[self._view_number]
        if wanted != self._wanted:
            self._wanted, self._picture = wanted, None
            if wanted is not None:
                self._client.fetch_picture(wanted)

    def _take_status(self) -> None:
        received = self._client.take_status()
        if received is None:
            return
        if self._can_show(received):
            self.state.take(received)
        else:
            self.state.trouble = ContactTrouble.UNREADABLE
        self.refresh()

    def _can_show(self, received: Received) -> bool:
        """Whether a status makes sense as a whole: one that does not must not stop the ages on the screen."""
        trial = RunState()
        trial.take(received)
        try:
            view = present(trial, now_s=received.at_s, words=self.words, url=self._client.url)
            for topic in (StationTopic(), PartTopic()):
                details(topic, trial, view, self.words)
            listed(received.status, 0.0, self.words)
            for alarm in received.status.alarms:
                listed_pane(alarm, received.status, self.words)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            if self.state.trouble is not ContactTrouble.UNREADABLE:  # once a streak
                _log.warning("a status that cannot be shown", error=repr(error))
            return False
        return True

    def _take_trouble(self, trouble: ContactTrouble) -> None:
        self.state.trouble = trouble
        self.refresh()

    def _let_others_command(self, _: object) -> None:
        """A command waits for somebody who may give it: Hold must not wait with it."""
        self.state.in_flight = None
        self.refresh()

    def _take_command(self, reply: CommandReply) -> None:
        self.state.command_ended(reply, self._monotonic())
        self.refresh()

    def _take_picture(self, reply: PictureReply) -> None:
        if reply.sha256 == self._wanted:
            self._picture = reply
            self.refresh()
        if self.review is not None:
            self.review.take_picture(reply)

    def _take_answer(self, answer: Answer) -> None:
        if answer.request.topic == reviews.WAITING and (page := reviews.page_in(answer)) is not None:
            self.frame.menu.wait_for(ScreenName.REVIEW, page.open)
        elif self.review is not None:
            self.review.take_answer(answer)
            self.frame.menu.wait_for(ScreenName.REVIEW, self.review.open)

    def _send(self, command: Command) -> None:
        if self.state.may(command, self._monotonic()):
            self.state.command_sent(command)
            self._client.send(command)
            self.refresh()

    def _select(self, inspection_id: str) -> None:
        self.state.select(inspection_id, self._monotonic())
        self._close_topic()

    def _go_live(self) -> None:
        self.state.go_live()
        self._close_topic()

    def _switch_language(self) -> None:
        self.speak(other(self.words))

    def speak(self, words: Words) -> None:
        """Say everything in this language from now on."""
        self.frame.speak(words)
        self.refresh()

    @property
    def words(self) -> Words:
        """In which it speaks."""
        return self.frame.words

    def _go_to(self, name: ScreenName) -> None:
        self._close_topic()
        self.frame.go_to(name)
        self.refresh()

    def _open_topic(self, topic: Topic) -> None:
        self._topic = topic
        self.frame.go_to(ScreenName.RUN)  # where details have their place
        self.refresh()

    def _close_topic(self) -> None:
        self._topic = None
        self.refresh()

    def _next_view(self) -> None:
        self._view_number += 1
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """From now on there is a native window, which hears of each touch and key first."""
        super().showEvent(event)
        self.windowHandle().installEventFilter(self.signing_in)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape leads back: to the Run screen, out of its pane, then out of the look back.

        It never closes the window.
        """
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.frame.escape():
            self.refresh()
        elif self._topic is not None:
            self._close_topic()
        else:
            self._go_live()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Ends timer and network before the window goes."""
        self._timer.stop()
        self._client.close()
        event.accept()
