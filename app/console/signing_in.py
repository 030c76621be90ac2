"""Who is at the console: the pad, the header's button, and what waits for somebody who may do it."""

import math
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt

from app.console.client.asking import Answer
from app.console.client.client import StationClient
from app.console.client.replies import CommandReply
from app.console.client.session import (
    NAMES,
    Session,
    SignInProblem,
    SignInReply,
    names_in,
    names_request,
)
from app.console.frame.frame import Frame
from app.console.widgets.phrases import said
from app.console.words.signing_in import SignInWords
from inspection.access.rights import Proof
from inspection.messages.codes import Code
from inspection.messages.message import Coded
from inspection.messages.telling import say

USE_EVERY_S: Final = 20.0
"""So often, at most, the engine hears that somebody touches the console."""
CHECK_EVERY_S: Final = 5.0
"""So often it is asked whether it still knows who has signed in."""
PAD_STAYS_S: Final = 60.0
"""A pad that nobody touches goes away, and what waited for it is refused."""
LAST_S: Final = 60.0
"""So long before somebody is signed out by the clock the button counts down."""
ENDED_SHOWN_S: Final = 30.0
"""So long the button says that a session ended by itself."""

_TOUCHES: Final = frozenset(
    {QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin, QEvent.Type.KeyPress, QEvent.Type.Wheel}
)

Waiting = CommandReply | Answer


class SigningIn(QObject):
    """Signs people in and out at one window.

    Args:
        client: Of the engine.
        frame: Shows the pad and the button.
    """

    def __init__(self, client: StationClient, frame: Frame) -> None:
        super().__init__()
        self.session: Session | None = None
        self._client = client
        self._frame = frame
        self._waiting: Waiting | None = None
        """What is done when somebody has signed in who may; refused where nobody does."""
        self._now_s = self._touched_s = 0.0
        self._used_s = self._checked_s = -math.inf
        self._ended_s = -math.inf
        self._first_day = False
        queued = Qt.ConnectionType.QueuedConnection
        client.person_needed.connect(self.ask_for_somebody, queued)
        client.sign_in_done.connect(self._take_reply, queued)
        client.session_ended.connect(self._take_end, queued)
        client.answered.connect(self._take_names, queued)
        frame.header.user_touched.connect(self._touch_button)
        frame.pad.wanted.connect(self._sign_in)
        frame.pad.sign_out_touched.connect(self._sign_out)
        frame.pad.closed.connect(self.give_up)

    @property
    def _words(self) -> SignInWords:
        return self._frame.words.sign_in

    def tick(self, now_s: float, *, first_day: bool) -> None:
        """Let time pass.

        Args:
            now_s: The window's clock.
            first_day: The record knows no user, as the engine said last.
        """
        self._now_s, self._first_day = now_s, first_day
        if self.session is not None:
            if self._left_s <= 0.0:
                self._client.sign_out(say(Code.SIGNED_OUT_IDLE, idle_s=self.session.idle_s).coded)
            elif now_s - self._checked_s >= CHECK_EVERY_S:
                self._checked_s = now_s
                self._client.check_session()
        if self._frame.pad.isVisible() and now_s - self._touched_s >= PAD_STAYS_S:
            self.give_up()
        self._frame.header.show_user(self._button(), ended=self._ended)

    @property
    def _left_s(self) -> float:
        """Until whoever has signed in is signed out by the clock."""
        assert self.session is not None
        return self.session.idle_s - (self._now_s - self._touched_s)

    @property
    def _ended(self) -> bool:
        return self.session is None and self._now_s - self._ended_s < ENDED_SHOWN_S

    def _button(self) -> str:
        words = self._words
        if self.session is None:
            if self._ended:
                return words.signed_out
            return words.no_users if self._first_day else words.sign_in
        if self._left_s <= LAST_S:
            return words.leaving.format(user=self.session.user, n=max(math.ceil(self._left_s), 0))
        return self.session.user

    def ask_for_somebody(self, waiting: Waiting) -> None:
        """Open the pad; what waits is done once somebody has signed in who may do it."""
        self._refuse_waiting()
        self._waiting = waiting
        why = said(waiting.detail, waiting.coded, self._frame.words)
        self._open(self._words.to_do.format(why=why.rstrip("。.")))

    def give_up(self) -> None:
        """Close the pad: what waited for somebody is refused."""
        self._frame.pad.shut()
        self._refuse_waiting()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Whatever is touched or typed keeps whoever has signed in from being signed out."""
        if event.type() in _TOUCHES:
            self.touched()
        return super().eventFilter(watched, event)

    def touched(self) -> None:
        """Somebody is at the console."""
        self._touched_s = self._now_s
        if self.session is not None and self._now_s - self._used_s >= USE_EVERY_S:
            self._used_s = self._now_s
            self._client.use_session()

    # --- inside ---------------------------------------------------------------------------------------

    def _open(self, why: str) -> None:
        self._client.ask(names_request())
        self._touched_s = self._now_s
        words, session = self._words, self.session
        title = words.who
        if session is not None and session.role is not None and session.proof is not None:
            role, proof = words.roles[session.role], words.proofs[session.proof]
            title = words.here.format(user=session.user, role=role, proof=proof)
        self._frame.open_pad(title=title, why=why, somebody=session is not None)

    def _touch_button(self) -> None:
        if self._frame.pad.isVisible():
            self.give_up()
        else:
            self._open(self._words.first_day if self._first_day else "")

    def _sign_in(self, name: str, secret: str, proof: Proof) -> None:
        self._client.sign_in(name, secret, proof)
        self._frame.pad.title.setText(self._words.looking)

    def _sign_out(self) -> None:
        self._client.sign_out()
        self.give_up()

    def _take_reply(self, reply: SignInReply) -> None:
        words = self._words
        if reply.session is None:
            problem = reply.problem or SignInProblem.FAILED
            why = said(reply.detail, reply.coded, self._frame.words)
            self._frame.pad.title.setText(words.who)
            self._frame.pad.say(words.problems[problem].format(why=why))
            return
        self.session = reply.session
        self._touched_s = self._used_s = self._checked_s = self._now_s
        self._frame.pad.shut()
        waiting, self._waiting = self._waiting, None
        if isinstance(waiting, CommandReply):
            self._client.send(waiting.command)
        elif waiting is not None:
            self._client.ask(waiting.request)

    def _take_end(self, why: Coded) -> None:
        self.session = None
        self._ended_s = self._now_s if why else -math.inf

    def _take_names(self, answer: Answer) -> None:
        if answer.request.topic == NAMES and (names := names_in(answer)) is not None:
            self._frame.pad.show_names(names)

    def _refuse_waiting(self) -> None:
        waiting, self._waiting = self._waiting, None
        if isinstance(waiting, CommandReply):
            self._client.command_done.emit(waiting)
        elif waiting is not None:
            self._client.answered.emit(waiting)
