"""The history is asked for page by page, as far as somebody scrolls."""

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.console.screens.alarms.model.lists import HistoryList, NowList
from app.console.screens.alarms.model.rows import Row, listed, recorded_row
from app.console.screens.alarms.panels.alarm_list import AlarmList
from app.console.widgets.theme import Theme, dress
from app.console.words.english import EN
from inspection.alarms.history import AlarmOnRecord, AlarmPage
from tests.app.console.screens.alarms.made_up import EACH, NOON, page, recorded, status

MANY = 100_000


class Record:
    """A record of so many alarms, which answers at once and notes what was asked."""

    def __init__(self) -> None:
        self.said = 0
        self.asked: list[int | None] = []
        self.history = HistoryList(self.row)
        self.history.wanted.connect(self.answer)

    def row(self, one: AlarmOnRecord) -> Row:
        self.said += 1
        return recorded_row(one, status(), EN)

    def answer(self, before: int | None) -> None:
        self.asked.append(before)
        self.history.take(page(MANY if before is None else before - 1))


@pytest.fixture
def record(qapp: QApplication) -> Record:
    dress(qapp)
    return Record()


def test_a_hundred_thousand_alarms_are_scrolled_through_without_being_loaded(
    record: Record, qtbot: QtBot
) -> None:
    shown = AlarmList(Theme(), record.history)
    qtbot.addWidget(shown)
    shown.resize(600, 500)
    shown.show()
    record.history.begin()
    QApplication.processEvents()
    assert len(record.asked) <= 2, "what is in sight, and at most one page more"
    shown.grab()
    assert record.said <= 60, "rows that nobody sees are not made"
    for _ in range(3):
        shown.scrollToBottom()
        QApplication.processEvents()
    assert 3 <= len(record.asked) <= 6
    positions = [one.position for one in record.history.found]
    assert positions == list(range(MANY, MANY - len(positions), -1)), "each once, in order"


def test_the_end_of_the_record_ends_the_asking(record: Record) -> None:
    record.history.begin()
    record.history.take(page(3))
    assert not record.history.canFetchMore(QModelIndex())


def test_a_page_that_does_not_come_may_be_asked_for_again(qapp: QApplication) -> None:
    history = HistoryList(lambda one: recorded_row(one, status(), EN))
    asked: list[int | None] = []
    history.wanted.connect(asked.append)
    history.begin()
    assert not history.canFetchMore(QModelIndex()), "one is on its way"
    history.take(page(250))
    history.fetchMore(QModelIndex())
    history.take(None)
    history.fetchMore(QModelIndex())
    assert asked == [None, 151, 151]
    history.take(AlarmPage(alarms=(), next=90))
    assert asked[-1] == 90, "a page of which nothing can be read is passed over"


def test_a_list_that_only_grows_older_keeps_its_place(qapp: QApplication) -> None:
    now, resets, changes = NowList(), [], []
    now.modelReset.connect(lambda: resets.append(1))
    now.dataChanged.connect(lambda *_: changes.append(1))
    for age_s in (0.0, 0.0, 30.0):
        now.show(listed(status(*EACH, at=NOON), age_s, EN).rows)
    assert (len(resets), len(changes)) == (1, 1)
    now.show(listed(status(*EACH[:2], at=NOON), 30.0, EN).rows)
    assert len(resets) == 2
    assert recorded(1).position == 1
