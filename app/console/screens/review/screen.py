"""The Review screen: the queue, the picture, and what is said of the part. Asks; knows no network."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLabel, QListView, QScrollArea, QVBoxLayout

from app.console.client import reviews
from app.console.client.asking import Answer, AskProblem, Request
from app.console.client.replies import PictureReply
from app.console.screens.review.answering import MOST_TYPES, AnswerPane, lacking_in_words
from app.console.screens.review.draft import Draft
from app.console.screens.review.looking import Looking
from app.console.screens.review.queue import HeldParts
from app.console.screens.review.row import PartRow
from app.console.screens.review.telling import boxes_of, facts, said_in, words_of
from app.console.screens.screen import Screen
from app.console.widgets.basics import Card, ElidedLabel
from app.console.widgets.theme import Theme
from app.console.words.words import ScreenName, Words
from inspection.messages.telling import tell
from inspection.reviews.review import Verdict
from inspection.reviews.shown import PartInQueue, PartToReview

ASK_AGAIN_S: Final = 2.0
"""Where the engine did not answer, and while no part waits."""
LOOK_FOR_MORE_S: Final = 5.0
"""For parts that were held since."""
_PICTURES_KEPT: Final = 4
_ALREADY: Final = 409
"""HTTP's status where somebody else was first."""
_KEYS: Final = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


class ReviewScreen(Screen):
    """Held parts one after the other.

    Args:
        theme: The scale of the window.
        words: In which it speaks.
        ask: Sends a request; what comes of it is handed to ``take_answer``.
        fetch: Fetches a picture, for a place that waits for one at a time; it is handed to ``take_picture``.
    """

    def __init__(
        self, theme: Theme, words: Words, ask: Callable[[Request], None], fetch: Callable[[str, str], None]
    ) -> None:
        super().__init__(theme, words)
        self._ask, self._fetch = ask, fetch
        self.queue = HeldParts()
        self.open = 0
        """Held parts that nobody has reviewed, as the engine said last."""
        self._drafts: dict[str, Draft] = {}
        """What is typed of each part, until it is on record."""
        self._part: PartInQueue | None = None
        self._whole: PartToReview | None = None
        self._next: PartToReview | None = None
        """The part that comes next, as far as it was asked for."""
        self._images: OrderedDict[str, QImage] = OrderedDict()
        """The pictures that came last, by SHA-256: those of this part and of the next."""
        self._picture_fault = ""
        self._comparing = False
        self._putting: PartInQueue | None = None
        """The part whose answer is under way."""
        self._message = ""
        self._gone = False
        """The list did not come."""
        self._fault = ""
        """Why, where the engine says it."""
        self._ask_at_s: float | None = None
        """When the list is asked for again, by the window's clock; None while it is under way."""
        self._now_s = 0.0
        self.count = ElidedLabel(role="strong")
        self.list = QListView()
        self._row = PartRow(theme, words)
        self.looking = Looking(theme)
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._all_facts = QScrollArea()
        self._all_facts.setWidget(self.facts)
        self._all_facts.setWidgetResizable(True)
        self.keys = ElidedLabel(role="caption")
        self.answering = AnswerPane(theme)
        self._place()
        self._connect()
        self.speak(words)

    def _place(self) -> None:
        self.list.setModel(self.queue)
        self.list.setItemDelegate(self._row)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._columns = QHBoxLayout(self)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._left, self._middle, self._right = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
        self._queue_card, self._facts_card = Card(self.theme), Card(self.theme)
        in_card = QVBoxLayout(self._queue_card)
        in_card.addWidget(self.count)
        in_card.addWidget(self.list, 1)
        self._left.addWidget(self._queue_card)
        self._middle.addWidget(self.looking, 1)
        self._middle.addWidget(self.keys)
        of_facts = QVBoxLayout(self._facts_card)
        of_facts.addWidget(self._all_facts)
        self._right.addWidget(self._facts_card, 1)
        self._right.addWidget(self.answering)
        for column, room in ((self._left, 3), (self._middle, 7), (self._right, 5)):
            self._columns.addLayout(column, room)

    def _connect(self) -> None:
        self.queue.wanted.connect(lambda place: self._ask(reviews.page_behind(place)))
        self.list.selectionModel().currentChanged.connect(self._chosen)
        self.looking.compare_touched.connect(self._turn_compare)
        self.answering.verdict_touched.connect(lambda verdict: self._edit(lambda draft: draft.say(verdict)))
        self.answering.type_named.connect(lambda kind: self._edit(lambda draft: draft.named(kind)))
        self.answering.reason_typed.connect(lambda text: self._edit(lambda draft: draft.because(text)))
        self.answering.put_touched.connect(self.put)
        self.answering.later_touched.connect(self.later)

    # --- the frame ------------------------------------------------------------------------------------

    def entered(self) -> None:
        """Ask for the parts, where none has come yet, and take the keys."""
        if not self.queue.asking:
            self.queue.ask()
        self._ask_at_s = None
        if self._part is not None and self._whole is None:
            self._ask(reviews.part(self._part.inspection_id))
        self.setFocus()
        self._show()

    def tick(self, now_s: float) -> None:
        """Ask again where it is time."""
        self._now_s = now_s
        if self.queue.asking:
            return
        if self._ask_at_s is None:
            wait_s = ASK_AGAIN_S if self._gone or not self.queue.parts else LOOK_FOR_MORE_S
            self._ask_at_s = now_s + wait_s
        elif now_s >= self._ask_at_s:
            self._ask_at_s = None
            if self._gone or not self.queue.more:
                self.queue.ask()
            if self._gone and self._part is not None and self._whole is None:
                self._ask(reviews.part(self._part.inspection_id))

    def speak(self, words: Words) -> None:
        """Say everything in this language from now on."""
        super().speak(words)
        self._row.words = words
        self.answering.speak(words)
        self.keys.setText(words.review.keys)
        self.list.setAccessibleName(words.screens[ScreenName.REVIEW])
        self._show()

    def rescale(self) -> None:
        """Take the theme's scale."""
        gap = self.theme.px(10)
        for layout in (self._columns, self._left, self._middle, self._right):
            layout.setSpacing(gap)
        self._all_facts.setMinimumHeight(self.theme.px(56))  # its scroll bar alone would ask for more
        self.looking.rescale()
        self.answering.rescale()
        self.list.doItemsLayout()

    def escape(self) -> bool:
        """Out of the comparison, then to the frame."""
        if not self._comparing:
            return False
        self._turn_compare()
        return True

    # --- what comes -----------------------------------------------------------------------------------

    def take_answer(self, answer: Answer) -> None:
        """What became of a request of this screen; others are nothing to it."""
        match answer.request.topic:
            case reviews.PAGE:
                self._take_page(answer)
            case reviews.PART:
                self._take_part(answer)
            case reviews.NEXT:
                self._next = reviews.part_in(answer)
            case reviews.ANSWER:
                self._take_put(answer)

    def take_picture(self, reply: PictureReply) -> None:
        """A picture that came, or why it did not."""
        if reply.image is not None:
            self._images[reply.sha256] = reply.image
            if len(self._images) > _PICTURES_KEPT:
                self._images.popitem(last=False)
        if reply.sha256 == self._wanted():
            self._picture_fault = "" if reply.problem is None else self.words.picture_problems[reply.problem]
            self._show_picture()
            self._look_ahead()

    def _take_page(self, answer: Answer) -> None:
        page = reviews.page_in(answer)
        self._gone = page is None
        self._fault = tell(answer.coded, answer.detail, self.words.code)
        self._ask_at_s = None
        self.queue.take(page)
        if page is not None:
            self.open = page.open
            if self._part is None and self.queue.parts:
                self._choose(0)
        self._show()

    def _take_part(self, answer: Answer) -> None:
        whole = reviews.part_in(answer)
        if whole is None or self._part is None:
            self._gone = self._gone or answer.problem not in (None, AskProblem.REFUSED)
            return
        if whole.inspection.inspection_id != self._part.inspection_id:
            return
        self._whole = whole
        if whole.reviews:  # since the list came
            told = words_of(whole.reviews[-1], self.words)
            self._message = self.words.review.first.format(part=self._part.part_id, said=told)
            if self._part.inspection_id not in self._drafts and self._putting is None:
                self._done_with(self._part.inspection_id)
        self._show()

    def _take_put(self, answer: Answer) -> None:
        part, self._putting = self._putting, None
        review = reviews.review_in(answer)
        if part is None:
            return
        if review is not None:
            self._message = self.words.review.on_record.format(
                part=review.part_id, said=said_in(review, self.words)
            )
            self._done_with(part.inspection_id)
        elif answer.status == _ALREADY:
            told = tell(answer.coded, answer.detail, self.words.code)
            self._message = self.words.review.first.format(part=part.part_id, said=told)
            self._done_with(part.inspection_id)
        else:
            problem = answer.problem or AskProblem.BAD_ANSWER
            self._message = self.words.review.problems[problem]
            if problem is AskProblem.REFUSED:
                self._message += f": {tell(answer.coded, answer.detail, self.words.code)}"
        self._show()

    # --- what is touched ------------------------------------------------------------------------------

    def put(self) -> None:
        """Have the answer put on record; where something lacks, say what, and lead there."""
        part, draft = self._part, self._draft()
        if part is None or draft is None or self._putting is not None:
            return
        if draft.lacking is not None:
            self._message = lacking_in_words(draft.lacking, self.words)
            if draft.verdict is Verdict.DONT_KNOW:
                self.answering.reason.setFocus()
            self._show()
            return
        newest = self._whole.reviews[-1].position if self._whole and self._whole.reviews else 0
        said = draft.answer(revision=part.revision, replaces=newest)
        self._putting, self._message = part, ""
        self._ask(reviews.put(part.inspection_id, said))
        self._show()

    def later(self) -> None:
        """The next part; this one stays in the queue, with what was typed."""
        row = None if self._part is None else self.queue.row_of(self._part.inspection_id)
        if row is not None and self._putting is None:
            self._message = ""
            self._choose((row + 1) % len(self.queue.parts))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Digits and letters say what the part is, Enter puts it on record."""
        draft, key = self._draft(), event.text().upper()
        if event.key() in _KEYS:
            self.put()
        elif key == "N":
            self.later()
        elif key == "R" and draft is not None:
            self.answering.reason.setFocus()
        elif draft is not None and self._putting is None and (new := draft.pressed(key, self._types())):
            self._edit(lambda _: new)
        else:
            super().keyPressEvent(event)

    def _edit(self, change: Callable[[Draft], Draft]) -> None:
        draft = self._draft()
        if self._part is not None and draft is not None and self._putting is None:
            self._drafts[self._part.inspection_id] = change(draft)
            self._message = ""
            self._show_draft()

    def _turn_compare(self) -> None:
        self._comparing = not self._comparing and bool(self._whole and self._whole.good)
        self._want_picture()
        self._show()

    # --- which part -----------------------------------------------------------------------------------

    def _choose(self, row: int) -> None:
        index = self.queue.index(min(row, len(self.queue.parts) - 1))
        self.list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _chosen(self, current: QModelIndex, _before: QModelIndex) -> None:
        part = current.data(Qt.ItemDataRole.UserRole) if current.isValid() else None
        if part is self._part:
            return
        self._part, self._whole, self._comparing = part, None, False
        if part is not None:
            if self._next is not None and self._next.inspection.inspection_id == part.inspection_id:
                self._whole = self._next
            self._ask(reviews.part(part.inspection_id))
            if current.row() >= len(self.queue.parts) - 5 and self.queue.canFetchMore():
                self.queue.fetchMore()
        self._want_picture()
        self._show()

    def _done_with(self, inspection_id: str) -> None:
        """A part is reviewed: the next one at once."""
        self._drafts.pop(inspection_id, None)
        self.open = max(self.open - 1, 0)
        row = self.queue.remove(inspection_id)
        if row is not None and self.queue.parts and self._part is None:
            self._choose(row)
        self.setFocus()

    def _draft(self) -> Draft | None:
        part = self._part
        if part is None:
            return None
        return self._drafts.get(part.inspection_id, Draft(action=part.action, missed=part.missed is not None))

    def _types(self) -> tuple[str, ...]:
        if self._part is None:
            return ()
        return (self._part.defects if self._whole is None else self._whole.types)[:MOST_TYPES]

    # --- what is shown --------------------------------------------------------------------------------

    def _show(self) -> None:
        words = self.words.review
        self.count.setText(words.waiting.format(n=self.open))
        self.facts.setText("" if self._part is None else facts(self._part, self._whole, self.words))
        self.facts.setAccessibleName(self.facts.text())
        self.looking.speak(self.words, comparing=self._comparing)
        self.looking.compare.setEnabled(bool(self._whole and self._whole.good))
        self._show_draft()
        self._show_picture()

    def _show_draft(self) -> None:
        message = (self._fault or self.words.review.gone) if self._gone else self._message
        self.answering.show_draft(
            self._draft(), self._types(), self.words, message=message, busy=self._putting is not None
        )

    def _wanted(self) -> str | None:
        """SHA-256 of the picture that belongs on the screen."""
        if self._comparing and self._whole is not None:
            return self._whole.good
        return self._part.pictures[0] if self._part is not None and self._part.pictures else None

    def _want_picture(self) -> None:
        self._picture_fault = ""
        wanted = self._wanted()
        if wanted is None or wanted in self._images:
            self._look_ahead()
        else:
            self._fetch(wanted, "review")

    def _look_ahead(self) -> None:
        """Ask for the part that comes next, and its picture, while this one is looked at."""
        row = None if self._part is None else self.queue.row_of(self._part.inspection_id)
        if row is None or row + 1 >= len(self.queue.parts):
            return
        coming = self.queue.parts[row + 1]
        if self._next is None or self._next.inspection.inspection_id != coming.inspection_id:
            self._ask(reviews.part(coming.inspection_id, topic=reviews.NEXT))
        if coming.pictures and coming.pictures[0] not in self._images:
            self._fetch(coming.pictures[0], "review/next")

    def _show_picture(self) -> None:
        words = self.words
        if self._part is None:
            message = words.review.loading if self.queue.asking or self._gone else words.review.empty
        else:
            waits = words.picture_none if self._wanted() is None else words.picture_loading
            message = self._picture_fault or waits
        boxes = () if self._comparing or self._whole is None else boxes_of(self._whole, self.words)
        image = self._images.get(self._wanted() or "")
        self.looking.picture.show_picture(image, boxes=boxes, message=message)
        note = words.review.compared if self._comparing else ""
        self.looking.picture.mark(banner="", note=note, stale=False)
