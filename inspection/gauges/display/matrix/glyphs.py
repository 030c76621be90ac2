"""What characters of 5 x 7 dots look like: the digits as makers draw them, a minus, a point, and letters.

A form is seven rows of five dots from above, two hex digits a row. Forms of different signs differ by three
dots or more: then a dot too many, or one too few, makes no other sign. Forms that lie nearer to a digit than
that, and letters, are known but not read: what may be one of them is neither. Pure.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from inspection.gauges.display.decoding import MINUS, UNCLEAR
from inspection.gauges.display.panel import Array

COLUMNS: Final = 5
ROWS: Final = 7
POINT: Final = "."
FORMS_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "0E11131519110E 0E11191513110E 0E11111111110E 0E11111511110E 0E11151515110E 040A1111110A04",
        "1": "040C040404040E 040C140404041F 040C040404041F 040C0404040404 02060202020207 02060202020202"
        " 02060A02020202 040C1404040404 040C140404040E",
        "2": "0E11010204081F 0E11010608101F 0E11010E10101F 1E01010E10101F 0E11020408101F 0E11010204181F",
        "3": "1F02040201110E 0E11010601110E 1F01020601110E 1F02040601110E 1E01010601011E",
        "4": "02060A121F0202 1111111F010101 1111110F010101 0812121F020202 02060A121F0207 04080A121F0202",
        "5": "1F101E0101110E 1F10101E01110E 1F101E1101110E 1F10101E01011E 1F101E0101011E 1F10161901110E",
        "6": "0608101E11110E 0708101E11110E 0204081E11110E 0E10101E11110E 0C08101E11110E",
        "7": "1F010204080808 1F010204040404 1F010102040404 1F010204081010 1F010102020404 1F110102040404"
        " 1F010101010101 1F010202040408 1F010102040808 1F010204040408",
        "8": "0E11110E11110E",
        "9": "0E11110F01020C 0E11110F01021C 0E11110F010101 0E11110F01010E 0E11110F010204 0E11110F010202",
        MINUS: "0000001F000000 0000000E000000",
        POINT: "00000000000C0C 00000000000606 0000000000000C 00000000000004 00000000000404 000000000C0408"
        " 000000000C0C00",
    }
)
"""Each sign's forms."""
_NOT_READ: Final[Mapping[str, str]] = MappingProxyType(
    {
        "3": "0E11010E01110E 1F01011F01011F",
        "2": "1F01011F10101F",
        "5": "1F10101F01011F",
        "6": "0E11101E11110E 1F10101F11111F",
        "8": "1F11111F11111F",
        "9": "0E11110F01110E 1F11111F01011F",
        UNCLEAR: "00040E1F0E0400 0004041F040400 00040400040400"
        " 0E11111F111111 0411111F111111 1E11111E11111E 0E11101010110E 1C12111111121C 1E11111111111E"
        " 1F10101E10101F 1F10101E101010 0E11101711110E 1111111F111111 0E04040404040E 0702020202120C"
        " 11121418141211 1010101010101F 111B1515111111 11111915131111 1E11111E101010 0E11111115120D"
        " 1E11111E141211 0F10100E01011E 1F040404040404 1111111111110E 11111111110A04 11111115151B11"
        " 11110A040A1111 1111110A040404 1F01020408101F",
    }
)
"""Round and square digits that lie two dots beside another one; signs and capital letters."""


def _of(forms: str) -> Array:
    """Forms x 35, 1 where the dot is lit; row by row."""
    rows = np.array([list(bytes.fromhex(form)) for form in forms.split()], np.uint8)
    return (
        np.unpackbits(rows[..., None], axis=-1)[..., 8 - COLUMNS :].reshape(len(rows), -1).astype(np.float32)
    )


def _table(forms_of: Mapping[str, str]) -> tuple[Array, list[str]]:
    return (
        np.concatenate([_of(forms) for forms in forms_of.values()]),
        [sign for sign, forms in forms_of.items() for _ in forms.split()],
    )


_READ, _SIGNS = _table(FORMS_OF)
_KNOWN, _KNOWN_SIGNS = _table(_NOT_READ)
DOTS: Final[Array] = np.concatenate([_READ, _KNOWN])
"""Forms x 35: all of them, those that are read first."""
SIGNS: Final = np.array(_SIGNS + _KNOWN_SIGNS)
"""What each of ``DOTS`` is; UNCLEAR: no digit."""
READ: Final = len(_SIGNS)
"""How many of ``DOTS`` are read."""
