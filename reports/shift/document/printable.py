"""Text that a page can show: no character vanishes, and no word is longer than its cell.

A PDF/A has each glyph in it, so Typst refuses a text with a character that no font has, and such texts come
from outside: names of defects and gauges, reasons, what a code holds.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from fontTools.ttLib import TTCollection

from inspection.pictures.fonts import FACE_INDEX, cjk_font_path

_BREAK: Final = "\u200b"
"""Zero width space: a line may be broken here."""
_LONG: Final = re.compile(r"[!-~\u00a1-\u02ff]{18}(?=[!-~\u00a1-\u02ff])")
_AFTER_DIGITS: Final = 16


def printable(text: str) -> str:
    """As the report's typeface can show it, to be broken into lines anywhere in a long word.

    A character that the typeface lacks is named, ``[U+1F600]``; so is what has no shape, such as a control
    character. Line breaks and tabs become blanks.
    """
    composed = unicodedata.normalize("NFC", re.sub(r"[\t\n\r\v\f]+", " ", text))
    shown = "".join(one if ord(one) in _shapes() else f"[U+{ord(one):04X}]" for one in composed)
    return _LONG.sub(lambda run: run[0] + _BREAK, shown)


def in_groups(digits: str) -> str:
    """A hash that may be broken after each sixteen digits."""
    return _BREAK.join(digits[at : at + _AFTER_DIGITS] for at in range(0, len(digits), _AFTER_DIGITS))


@lru_cache(maxsize=1)
def _shapes() -> frozenset[int]:
    """The characters that the typeface has a shape for."""
    with TTCollection(cjk_font_path(), lazy=True) as fonts:
        mapped = fonts.fonts[FACE_INDEX].getBestCmap()
    return frozenset(code for code in mapped if unicodedata.category(chr(code))[0] != "C")
