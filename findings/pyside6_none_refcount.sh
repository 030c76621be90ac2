#!/usr/bin/env bash
# pyside6-essentials 6.12.0 on CPython below 3.12 gives one reference to None too many back in nearly every call
# that returns None: QLabel.setText, QWidget.setVisible, QLayout.setSpacing, QPainter.drawLine, QTimer.start,
# QWidget.parentWidget() of a window … (not QObject.setProperty and QPainter.drawText).
# A program has some 7,000 references to None; when they are used up, CPython ends it with "Fatal Python error:
# none_dealloc: deallocating None", exit code 134. A window that repaints ten times a second lives some 40 s.
# 6.11.3 does not do it (nor do 6.11.2, 6.11.0, 6.10.3 and 6.9.3); 6.12.0 is the newest on PyPI as of November 2026.
# From CPython 3.12 on None is immortal (PEP 683), and nothing comes of it.
#
# Seen on CPython 3.11.7, Linux x86-64, after 100 calls of each (no abort: some 7,000 references are there):
#   6.12.0  QLabel.setText -100  QWidget.setVisible -100  QLayout.setSpacing -100  QObject.setProperty 0
#   6.11.3  QLabel.setText 0  QWidget.setVisible 0  QLayout.setSpacing 0  QObject.setProperty 0
set -euo pipefail
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info >= (3, 12))' ||
    { echo "needs CPython below 3.12, where None is counted: PYTHON=python3.11 $0"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/count.py" <<'PYTHON'
import sys

import PySide6
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

application = QApplication([])
window = QWidget()
layout = QVBoxLayout(window)
label = QLabel(window)
CALLS = {
    "QLabel.setText": lambda: label.setText("x"),
    "QWidget.setVisible": lambda: label.setVisible(False),
    "QLayout.setSpacing": lambda: layout.setSpacing(1),
    "QObject.setProperty": lambda: label.setProperty("a", 1),
}
change = {}
for name, call in CALLS.items():
    call()
    before = sys.getrefcount(None)
    for _ in range(100):
        call()
    change[name] = sys.getrefcount(None) - before
print(PySide6.__version__, "", *(f"{name} {lost}" for name, lost in change.items()), sep="  ")
losing = {name for name, lost in change.items() if lost < -50}
expected = set(CALLS) - {"QObject.setProperty"} if sys.argv[1] == "loses" else set()
sys.exit(losing != expected)
PYTHON

look() { # version, what it does
    "$python" -m venv "$work/$1"
    "$work/$1/bin/pip" install --quiet --disable-pip-version-check "pyside6-essentials==$1" ||
        { echo "the pinned packages cannot be installed"; exit 2; }
    QT_QPA_PLATFORM=offscreen timeout 60 "$work/$1/bin/python" "$work/count.py" "$2" ||
        { echo "$1 behaves otherwise than is written here"; exit 1; }
}
look 6.12.0 loses
look 6.11.3 keeps
