"""The held parts as a Qt item model: a page is asked for when the list is scrolled to it."""

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from inspection.reviews.shown import PartInQueue, QueuePage

_Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()


class HeldParts(QAbstractListModel):
    """The parts that have come so far, the oldest first."""

    wanted = Signal(int)
    """The page behind this place is wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[PartInQueue] = []
        self.more = True
        """Whether there may be a page behind the last."""
        self.asking = False
        self._behind = 0
        """Place of the last part that was taken out, where none is left: the next lie behind it."""

    def rowCount(self, parent: _Index = _TOP) -> int:  # noqa: N802  (Qt's name)
        """Parts that have come."""
        return 0 if parent.isValid() else len(self.parts)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The part in a row, for its delegate; its number, for whoever reads it aloud."""
        part = self.parts[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return part
        return str(part.part_id) if role == Qt.ItemDataRole.DisplayRole else None

    def canFetchMore(self, parent: _Index = _TOP) -> bool:  # noqa: N802
        """Whether scrolling on brings more."""
        return not parent.isValid() and self.more and not self.asking

    def fetchMore(self, parent: _Index = _TOP) -> None:  # noqa: N802
        """Ask for the page behind the last."""
        if self.canFetchMore(parent):
            self.ask()

    def ask(self) -> None:
        """Ask for what lies behind the last part."""
        self.asking = True
        self.wanted.emit(self.parts[-1].place if self.parts else self._behind)

    def take(self, page: QueuePage | None) -> None:
        """Add a page that came; None where it did not."""
        self.asking = False
        if page is None:
            return
        self.more = page.cursor is not None
        known = {part.inspection_id for part in self.parts}
        fresh = [part for part in page.parts if part.inspection_id not in known]
        if fresh:
            self.beginInsertRows(QModelIndex(), len(self.parts), len(self.parts) + len(fresh) - 1)
            self.parts += fresh
            self.endInsertRows()

    def remove(self, inspection_id: str) -> int | None:
        """Take a part out; the row at which it stood, None where it is not here."""
        row = self.row_of(inspection_id)
        if row is not None:
            self.beginRemoveRows(QModelIndex(), row, row)
            gone = self.parts.pop(row)
            self.endRemoveRows()
            self._behind = max(self._behind, gone.place) if not self.parts else self._behind
        return row

    def row_of(self, inspection_id: str) -> int | None:
        """Where a part stands; None where it does not."""
        return next((row for row, one in enumerate(self.parts) if one.inspection_id == inspection_id), None)

    def begin_anew(self) -> None:
        """Forget all parts: they are asked for from the first on."""
        self.beginResetModel()
        self.parts, self.more, self.asking, self._behind = [], True, False, 0
        self.endResetModel()
