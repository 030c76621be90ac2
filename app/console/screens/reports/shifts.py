"""The shifts as a Qt item model, a page at a time: a list of years scrolls without being loaded."""

from datetime import datetime, tzinfo
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app.console.widgets.theme import Theme
from app.console.words.reports import ReportWords
from inspection.signing.shown import ShiftPage, ShiftShown

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_ROW_PX: Final = 68


class ShiftList(QAbstractListModel):
    """Newest first. Asks for the next page when somebody comes to the end.

    Args:
        words: The screen's.
        zone: By which times are shown; None for this machine's.
    """

    wanted = Signal(object)
    """A page of shifts is wanted that began before this ``datetime``; None for the newest."""

    def __init__(self, words: ReportWords, zone: tzinfo | None = None) -> None:
        super().__init__()
        self.words = words
        self._zone = zone
        self._shifts: list[ShiftShown] = []
        self._next: datetime | None = None
        self.asked = False
        """A page is waited for."""

    def shift(self, row: int) -> ShiftShown | None:
        """That of a row; None where there is none."""
        return self._shifts[row] if 0 <= row < len(self._shifts) else None

    def row_of(self, shift: ShiftShown | None) -> int:
        """Where a shift of that date and name is; -1 where it is not listed."""
        if shift is None:
            return -1
        names = [(one.day, one.name) for one in self._shifts]
        return names.index((shift.day, shift.name)) if (shift.day, shift.name) in names else -1

    def begin(self) -> None:
        """Ask for the newest."""
        self.asked = True
        self.wanted.emit(None)

    def take(self, page: ShiftPage, *, first: bool) -> None:
        """A page has come: the newest, or what lies behind the last."""
        self.asked = False
        if first:
            self.beginResetModel()
            self._shifts = list(page.shifts)
            self.endResetModel()
        elif page.shifts:
            begin = len(self._shifts)
            self.beginInsertRows(_ROOT, begin, begin + len(page.shifts) - 1)
            self._shifts += page.shifts
            self.endInsertRows()
        self._next = page.next

    def failed(self) -> None:
        """No page came: it may be asked for again."""
        self.asked = False

    def speak(self, words: ReportWords) -> None:
        """Say everything in this language."""
        self.words = words
        if self._shifts:
            self.dataChanged.emit(self.index(0), self.index(len(self._shifts) - 1))

    # --- what Qt asks ---------------------------------------------------------------------------------

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        """Those that are known here."""
        return 0 if parent.isValid() else len(self._shifts)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Its two lines."""
        shift = self.shift(index.row())
        if shift is None or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        start, end = (at.astimezone(self._zone) for at in (shift.start, shift.end))
        return f"{shift.day:%Y-%m-%d}  {shift.name}  {start:%H:%M}–{end:%H:%M}\n{standing(shift, self.words)}"

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802
        """There are older ones, and none of them is waited for."""
        return not parent.isValid() and self._next is not None and not self.asked

    def fetchMore(self, parent: Index) -> None:  # noqa: N802
        """Somebody has come to the end."""
        if self.canFetchMore(parent):
            self.asked = True
            self.wanted.emit(self._next)


class Rows(QStyledItemDelegate):
    """Rows as high as a gloved finger needs."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """At least what is touched."""
        hint = super().sizeHint(option, index)
        return QSize(hint.width(), max(hint.height(), self._theme.px(_ROW_PX)))


def standing(shift: ShiftShown, words: ReportWords) -> str:
    """How a shift's report stands, in words."""
    if shift.fault:
        return words.unproven
    if shift.running:
        return words.running
    signed = [
        words.signed.format(meaning=words.meanings[one.meaning], name=one.name) for one in shift.signatures
    ]
    return ", ".join(signed) or words.unsigned
