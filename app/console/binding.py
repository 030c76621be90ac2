"""Refuses a Qt binding that would end the console: one that gives references back which it never took.

PySide6 6.12.0 gives one reference to None too many back in nearly every call that returns None
(``QLabel.setText``, ``QWidget.setVisible``, ``QPainter.drawLine`` …). Below CPython 3.12 None is counted like
any other object; a console that repaints ten times a second used up its some 7,000 references in 40 s, and
CPython aborted. From 3.12 on None is immortal (PEP 683) and nothing comes of it. PySide6 6.9.3, 6.10.3,
6.11.0, 6.11.2 and 6.11.3 lose nothing (``findings/pyside6_none_refcount.sh``). What comes after 6.12.0 is not
known, so the binding that is here is measured at each start, whatever its version.
"""

import sys
from collections.abc import Callable
from typing import Final

from PySide6.QtWidgets import QLabel

from inspection.errors import PassgateError

KNOWN_BAD: Final = frozenset({(6, 12, 0)})
"""Versions of PySide6 that were seen to lose references to None."""
TESTED: Final = "6.11.3"
"""The version that Passgate names in its pyproject.toml."""
IMMORTAL_NONE: Final = (3, 12)
"""CPython from which None is not counted."""
CALLS: Final = 50
"""Of each measured call: far from the references there are, far above what else may come and go."""


class BindingError(PassgateError):
    """The Qt binding would abort this process."""


def refuse_bad_binding(version: tuple[int, int, int], python: tuple[int, int]) -> None:
    """Refuse a pair of PySide6 ``version`` and CPython ``python`` that is known to be bad.

    Raises:
        BindingError: It is.
    """
    if version in KNOWN_BAD and python < IMMORTAL_NONE:
        raise _error(version, "loses references to None")


def refuse_losing_binding(version: tuple[int, int, int]) -> None:
    """Measure a few calls of the binding that is here. Needs a QApplication.

    Raises:
        BindingError: They lose references to None.
    """
    label = QLabel()
    calls: tuple[Callable[[], object], ...] = (
        label.update,
        lambda: label.setText("x"),
        lambda: label.setVisible(False),
    )
    lost = sum(lost_references(call) >= CALLS // 2 for call in calls)
    if lost:
        raise _error(version, f"was measured to lose references to None in {lost} of {len(calls)} calls")


def lost_references(call: Callable[[], object], calls: int = CALLS) -> int:
    """How many references to None ``calls`` calls lose. Always 0 where None is immortal."""
    call()  # what is made only once is made now
    before = sys.getrefcount(None)
    for _ in range(calls):
        call()
    return before - sys.getrefcount(None)


def _error(version: tuple[int, int, int], fault: str) -> BindingError:
    python = ".".join(map(str, sys.version_info[:3]))
    return BindingError(
        f"the console does not start: PySide6 {'.'.join(map(str, version))} on Python {python} {fault} "
        "and would abort the console within a minute",
        part="the line does not notice; the engine runs without a console",
        todo=f"install the version that Passgate names: pip install pyside6-essentials=={TESTED}",
    )
