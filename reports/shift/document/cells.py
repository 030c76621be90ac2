"""What tables are made of: cells that know how they are written, and the tables. Pure."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple


class Form(Enum):
    """How a cell is written."""

    TEXT = auto()
    CODE = auto()
    """A hash or an id: in a type in which each character can be told."""
    COUNT = auto()
    SHARE = auto()
    """0 to 1, shown in per cent."""
    MS = auto()
    """Milliseconds."""
    MINUTES = auto()
    """Minutes, to a tenth."""
    NUMBER = auto()
    """A measured number: five digits of it are shown."""
    INDEX = auto()
    """A capability: two decimals, as is usual."""


class Cell(NamedTuple):
    """One cell. None: there is no such figure."""

    value: str | int | float | None
    form: Form = Form.TEXT

    @property
    def text(self) -> str:
        """As people read it."""
        if self.value is None:
            return "–"
        match self.form:
            case Form.SHARE:
                return f"{self.value:.2%}"
            case Form.MS:
                return f"{self.value:.0f}"
            case Form.MINUTES:
                return f"{self.value:.1f}"
            case Form.NUMBER:
                return f"{self.value:.5g}"
            case Form.INDEX:
                return f"{self.value:.2f}"
            case _:
                return str(self.value)


def count(number: int | None) -> Cell:
    """A number of things."""
    return Cell(number, Form.COUNT)


def share(value: float | None) -> Cell:
    """A share, 0 to 1."""
    return Cell(value, Form.SHARE)


def ms(value: float | None) -> Cell:
    """Milliseconds."""
    return Cell(value, Form.MS)


def minutes(seconds: float | None) -> Cell:
    """Seconds, told in minutes."""
    return Cell(None if seconds is None else seconds / 60.0, Form.MINUTES)


def number(value: float | None) -> Cell:
    """A measured number."""
    return Cell(value, Form.NUMBER)


def index(value: float | None) -> Cell:
    """A capability index."""
    return Cell(value, Form.INDEX)


def code(value: str) -> Cell:
    """A hash or an id; a dash where it is empty."""
    return Cell(value or None, Form.CODE)


class Column(NamedTuple):
    """A column of a table."""

    title: str
    width: float = 0.0
    """Its share of the room that is left; 0 for as much as its cells need."""
    right: bool = False
    """Whether its cells stand at the right, as numbers do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the report."""

    key: str
    """Which one it is, in no language."""
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    """The last line, set apart; empty for none."""
    note: str = ""
    """What its figures are of, and where from."""
    narrow: bool = False
    """Whether half of a page's width is enough; such tables come in pairs."""
    plain: bool = False
    """Whether it needs no heads of columns where it is printed."""
    empty: str = ""
    """What is said instead where there are no rows."""


def numbers(*titles: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(title, right=True) for title in titles)
