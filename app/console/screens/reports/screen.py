"""The Report screen: a shift is chosen, its printed pages are read, its files are saved, it is signed."""

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Final, Protocol

from PySide6.QtCore import QModelIndex, Qt, SignalInstance
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QListView,
    QPushButton,
    QScroller,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.api.messages import ReportFormat
from app.console.client.asking import Answer, Request
from app.console.client.reports import (
    FILE,
    PAGES,
    SHIFTS,
    SIGNATURE,
    report_wanted,
    shifts_in,
    shifts_wanted,
    signature,
    signed_in,
)
from app.console.screens.reports.pages import Pages
from app.console.screens.reports.saving import Saver
from app.console.screens.reports.shifts import Rows, ShiftList, standing
from app.console.screens.reports.signing import SigningCard
from app.console.screens.screen import Screen
from app.console.widgets.basics import Card, ElidedLabel
from app.console.widgets.phrases import why
from app.console.widgets.theme import BODY_PX, TOUCH_PX, Theme
from app.console.words.reports import ReportWords
from app.console.words.words import Words
from inspection.signing.shown import ShiftShown, SignOrder

_FILES: Final = tuple(form for form in ReportFormat if form is not ReportFormat.PNG)
_LEFT_PX: Final = 360


class Asking(Protocol):
    """What the screen needs of the client."""

    answered: SignalInstance

    def ask(self, request: Request) -> None:
        """Ask; ``answered`` tells the end."""


Choosing = Callable[[str, str], Path | None]
"""Asks where a file goes, by the dialog's title and the file's name; None: nowhere."""


def chosen_by_dialog(title: str, name: str) -> Path | None:
    """Ask the person at the panel."""
    chosen, _ = QFileDialog.getSaveFileName(None, title, str(Path.home() / name))
    return Path(chosen) if chosen else None


class ReportsScreen(Screen):
    """The shifts at the left, the report of one at the right.

    Args:
        theme: The window's scale.
        words: In which it speaks from the beginning.
        client: Of the engine.
        who: Who is signed in at the panel, as printed; empty for nobody.
        choose: Asks where a file goes.
        zone: By which times are shown; None for this machine's.
    """

    def __init__(
        self,
        theme: Theme,
        words: Words,
        client: Asking,
        *,
        who: Callable[[], str] = lambda: "",
        choose: Choosing = chosen_by_dialog,
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__(theme, words)
        self._client, self._who, self._choose_file = client, who, choose
        self._asked: dict[str, str] = {}
        """Path of what is waited for, by its topic."""
        self.shown: ShiftShown | None = None
        self.shifts = ShiftList(words.reports, zone)
        self.saver = Saver()
        self._build()
        self._connect()
        self.speak(words)

    # --- what it is made of ---------------------------------------------------------------------------

    def _build(self) -> None:
        theme = self.theme
        self.list = QListView()
        self.list.setModel(self.shifts)
        self._rows = Rows(theme)
        self.list.setItemDelegate(self._rows)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        QScroller.grabGesture(self.list.viewport(), QScroller.ScrollerGestureType.LeftMouseButtonGesture)
        self.list_note = ElidedLabel(lines=2, role="strong", middle=True)
        self.again = QPushButton()
        self.title = ElidedLabel(role="strong")
        self.standing = ElidedLabel(lines=2)
        self.notice = ElidedLabel(lines=2, keep_end=True)
        self.files = {form: QPushButton(form.value.upper()) for form in _FILES}
        self.sign = QPushButton()
        self.pages, self.signing = Pages(theme), SigningCard(theme)
        self.right = QStackedWidget()
        self.right.addWidget(self.pages)
        self.right.addWidget(self.signing)
        self.list_card, self.card = Card(theme), Card(theme)
        self._left = QVBoxLayout(self.list_card)
        self._left.addWidget(self.list_note)
        self._left.addWidget(self.list, 1)
        self._left.addWidget(self.again)
        self.acts = QWidget()
        self._acts = QHBoxLayout(self.acts)
        self._acts.setContentsMargins(0, 0, 0, 0)
        for button in self.files.values():
            self._acts.addWidget(button, 1)
        self._acts.addWidget(self.sign, 2)
        self._column = QVBoxLayout(self.card)
        self._column.addWidget(self.title)
        self._column.addWidget(self.standing)
        self._column.addWidget(self.right, 1)
        self._column.addWidget(self.notice)
        self._column.addWidget(self.acts)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.addWidget(self.list_card, 0, 0)
        self._grid.addWidget(self.card, 0, 1)
        self._grid.setColumnStretch(1, 1)
        self.card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def _connect(self) -> None:
        # queued: what they tell comes from other threads
        queued = Qt.ConnectionType.QueuedConnection
        self._client.answered.connect(self._take, queued)
        self.saver.saved.connect(self._saved, queued)
        self.saver.failed.connect(self._not_saved, queued)
        self.shifts.wanted.connect(lambda before: self._ask(shifts_wanted(before)))
        self.list.clicked.connect(self._touched)
        self.list.activated.connect(self._touched)
        self.again.clicked.connect(self.shifts.begin)
        for form, button in self.files.items():
            button.clicked.connect(lambda _checked=False, chosen=form: self._save(chosen))
        self.sign.clicked.connect(self._open_signing)
        self.signing.closed.connect(self._close_signing)
        self.signing.signed.connect(self._put)

    # --- what the frame tells it ----------------------------------------------------------------------

    def entered(self) -> None:
        """The newest shifts are asked for anew: one may have ended, or been signed."""
        self.shifts.begin()
        self._paint()

    def left(self) -> None:
        """No password stays on a screen that nobody sees."""
        self._close_signing()

    def escape(self) -> bool:
        """Out of signing."""
        if self.right.currentWidget() is self.pages:
            return False
        self._close_signing()
        return True

    def speak(self, words: Words) -> None:
        """Say everything in this language, the report too."""
        super().speak(words)
        told = self.told
        self.shifts.speak(told)
        self.signing.speak(told)
        self.again.setText(told.again)
        self.sign.setText(told.sign)
        for form, button in self.files.items():
            button.setAccessibleName(f"{told.save_as} {form.value.upper()}")
        self.notice.setText("")
        self._paint()
        if self.shown is not None:
            self._want_pages(self.shown)
        else:
            self.pages.show_text(told.touch_one)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self._grid.setSpacing(px(10))
        self._grid.setColumnMinimumWidth(0, px(_LEFT_PX))
        for layout in (self._left, self._column):
            layout.setContentsMargins(px(12), px(10), px(12), px(10))
            layout.setSpacing(px(8))
        self._acts.setSpacing(px(8))
        for button in (*self.files.values(), self.sign, self.again):
            button.setFixedHeight(px(TOUCH_PX))
        self.list.setFont(self.theme.font(BODY_PX))
        self.list.setSpacing(px(3))
        self.list.scheduleDelayedItemsLayout()
        self.signing.rescale()

    # --- what is seen ---------------------------------------------------------------------------------

    @property
    def told(self) -> ReportWords:
        """The words of this screen."""
        return self.words.reports

    def _paint(self) -> None:
        shift, told = self.shown, self.told
        self.title.setText("" if shift is None else f"{shift.day:%Y-%m-%d}  {shift.name}")
        self.standing.setText("" if shift is None else standing(shift, told))
        signing = self.right.currentWidget() is self.signing
        for piece in (self.standing, self.notice, self.acts):  # a signature needs their room
            piece.setVisible(not signing)
        for button in self.files.values():
            button.setEnabled(shift is not None and FILE not in self._asked)
        self.sign.setEnabled(shift is not None and not shift.running)
        self.signing.put.setEnabled(SIGNATURE not in self._asked)
        waiting = SHIFTS in self._asked
        if self.shifts.rowCount():
            self.list_note.setText("")
        elif waiting:
            self.list_note.setText(told.loading)
        self.list_note.setVisible(bool(self.list_note.text()))
        self.again.setVisible(not waiting)

    def _touched(self, index: QModelIndex) -> None:
        if (shift := self.shifts.shift(index.row())) is not None:
            self.show_shift(shift)

    def show_shift(self, shift: ShiftShown) -> None:
        """Show the report of this shift."""
        self._close_signing()
        self.shown = shift
        if (row := self.shifts.row_of(shift)) >= 0:
            self.list.setCurrentIndex(self.shifts.index(row))
        self.notice.setText(self.told.cannot_sign_running if shift.running else "")
        self._want_pages(shift)
        self._paint()

    def _want_pages(self, shift: ShiftShown) -> None:
        self.pages.show_text(self.told.making)
        self._ask(report_wanted(shift, ReportFormat.PNG, self.words.code))

    # --- what is asked, and what comes ----------------------------------------------------------------

    def _ask(self, request: Request) -> None:
        self._asked[request.topic] = request.path
        self._client.ask(request)
        self._paint()

    def _take(self, answer: Answer) -> None:
        if self._asked.get(answer.request.topic) != answer.request.path:
            return  # nobody waits for it any more, or it is another screen's
        del self._asked[answer.request.topic]
        {
            SHIFTS: self._take_shifts,
            PAGES: self._take_pages,
            FILE: self._take_file,
            SIGNATURE: self._take_signature,
        }[answer.request.topic](answer)
        self._paint()

    def _take_shifts(self, answer: Answer) -> None:
        page = shifts_in(answer)
        if page is None:
            self.shifts.failed()
            self.list_note.setText(why(answer, self.words))
            return
        self.shifts.take(page, first="before=" not in answer.request.path)
        self.list_note.setText("" if self.shifts.rowCount() else self.told.none_found)
        row = self.shifts.row_of(self.shown)
        if row >= 0:
            self.shown = self.shifts.shift(row)
            self.list.setCurrentIndex(self.shifts.index(row))

    def _take_pages(self, answer: Answer) -> None:
        if answer.image is None:
            self.pages.show_text(why(answer, self.words))
        else:
            self.pages.show_pages(answer.image)

    def _take_file(self, answer: Answer) -> None:
        if answer.problem is not None:
            self.notice.setText(why(answer, self.words))
            return
        self.notice.setText("")
        if (path := self._choose_file(self.told.save_title, self._name_of(answer.request))) is not None:
            self.saver.save(path, answer.body)

    def _take_signature(self, answer: Answer) -> None:
        signed = signed_in(answer)
        if signed is None:
            self.signing.tell(why(answer, self.words))
            return
        self._close_signing()
        self.notice.setText(self.told.is_signed.format(name=signed.signature.name, nth=signed.nth))
        self.shifts.begin()
        if self.shown is not None:
            self._want_pages(self.shown)

    # --- what is done ---------------------------------------------------------------------------------

    def _save(self, form: ReportFormat) -> None:
        if self.shown is not None and FILE not in self._asked:
            self.notice.setText(self.told.fetching.format(form=form.value.upper()))
            self._ask(report_wanted(self.shown, form, self.words.code))

    def _name_of(self, request: Request) -> str:
        """What the file is called, unless somebody calls it otherwise."""
        asked = dict(pair.split("=", 1) for pair in request.path.partition("?")[2].split("&"))
        shift = "" if self.shown is None else self.shown.name
        plain = "".join(letter if letter.isalnum() else "-" for letter in shift)
        return f"{asked['date']}_{plain}_{asked['lang']}.{asked['format']}"

    def _saved(self, path: str) -> None:
        self.notice.setText(self.told.saved.format(path=path))

    def _not_saved(self, why: str) -> None:
        self.notice.setText(self.told.not_saved.format(why=why))

    def _open_signing(self) -> None:
        if self.shown is not None and not self.shown.running:
            self.right.setCurrentWidget(self.signing)
            self.signing.open(self.shown, who=self._who())
            self._paint()

    def _close_signing(self) -> None:
        self.signing.close_down()
        self.right.setCurrentWidget(self.pages)
        self._paint()

    def _put(self, order: SignOrder) -> None:
        self.signing.tell(self.told.signing)
        self._ask(signature(order))
