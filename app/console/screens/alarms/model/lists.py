"""The lists as Qt asks for them, row by row: what is not in sight is not made."""

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.console.screens.alarms.model.rows import Row
from inspection.alarms.history import AlarmOnRecord, AlarmPage

ROW_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""The ``Row`` of an index."""
_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX: Final = QModelIndex()


class NowList(QAbstractListModel):
    """The alarms that stand. A list that only grows older keeps its place and what is selected."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Row, ...] = ()

    def show(self, rows: tuple[Row, ...]) -> None:
        """Show these."""
        if rows == self.rows:
            return
        same = [row.key for row in rows] == [row.key for row in self.rows]
        if not same:
            self.beginResetModel()
        self.rows = rows
        if same:
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
        else:
            self.endResetModel()

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:  # noqa: N802
        """How many there are."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row, or its text for whoever reads the screen aloud."""
        return _shown(self.rows[index.row()], role)


class HistoryList(QAbstractListModel):
    """The alarms that there were. Its next page is asked for when the end of the one before comes in sight.

    Args:
        row: What is said of one, in the language of now.
    """

    wanted = Signal(object)
    """The page is wanted that begins before this position; None for the first."""

    def __init__(self, row: Callable[[AlarmOnRecord], Row]) -> None:
        super().__init__()
        self._row = row
        self.found: list[AlarmOnRecord] = []
        self._by_key: dict[str, AlarmOnRecord] = {}
        self._next: int | None = None
        self.loading = False

    def begin(self) -> None:
        """Ask from the beginning."""
        self.beginResetModel()
        self.found, self._next = [], None
        self._by_key.clear()
        self.endResetModel()
        self.loading = True
        self.wanted.emit(None)

    def take(self, page: AlarmPage | None) -> None:
        """A page has come; None: it has not."""
        self.loading = False
        if page is None:
            return
        self._next = page.next
        if page.alarms:
            self.beginInsertRows(_NO_INDEX, len(self.found), len(self.found) + len(page.alarms) - 1)
            self.found += page.alarms
            self._by_key |= {one.alarm_id: one for one in page.alarms}
            self.endInsertRows()
        else:  # a page of which nothing can be read
            self.fetchMore(_NO_INDEX)

    def named(self, key: str) -> AlarmOnRecord | None:
        """The alarm of that key, where it has come."""
        return self._by_key.get(key)

    def speak(self) -> None:
        """Rows are said anew, in another language."""
        if self.found:
            self.dataChanged.emit(self.index(0), self.index(len(self.found) - 1))

    def canFetchMore(self, _parent: _Index) -> bool:  # noqa: N802
        """There is another page, and none is on its way."""
        return self._next is not None and not self.loading

    def fetchMore(self, _parent: _Index) -> None:  # noqa: N802
        """Ask for it."""
        if self.canFetchMore(_NO_INDEX):
            self.loading = True
            self.wanted.emit(self._next)

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:  # noqa: N802
        """How many have come."""
        return 0 if parent.isValid() else len(self.found)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row, or its text for whoever reads the screen aloud."""
        if role not in (ROW_ROLE, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        return _shown(self._row(self.found[index.row()]), role)


def _shown(row: Row, role: int) -> Any:
    if role == ROW_ROLE:
        return row
    if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
        return f"{row.text}, {row.note}, {row.time}"
    return None
