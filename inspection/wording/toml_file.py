"""A TOML file that people write: read, or refused with the line that is wrong and what is wrong about it."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from inspection.errors import SettingsError

_HINTS: Final = (
    (r"=\s*[-+]?\d+,\d+\s*(#.*)?$", "write a decimal point instead of the comma"),
    ("[“”„‘’‚«»]", "use plain quotes, not typographic ones"),
    (r'"[^"]*\\[^"]*"', "write / instead of \\ in paths, or single quotes around the text"),
    (r"^\s*[\w.-]+\s*:", "write = between key and value, not :"),
    (r"=\s*(yes|no|on|off|True|False|ja|nein)\b", "write true or false"),
    (r"=\s*[^\s\"'\[{#]", "put a text in quotes"),
    (r"=\s*(#.*)?$", "a value is missing behind the ="),
    (r"^\s*\[", "close the brackets around the table's name"),
)
"""What such a line probably lacks: the first pattern that is found."""


def read_toml(path: Path, *, todo: str) -> dict[str, Any]:
    """The tables of ``path``; a byte order mark, as Windows' editors write it, is no matter.

    Args:
        path: The file.
        todo: What to do about one that is no TOML.

    Raises:
        SettingsError: It cannot be read, is no UTF-8, or no TOML; names the line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text)
    except OSError as error:
        raise SettingsError(
            f"cannot read settings {path}: {error.strerror}", todo="name a file with --config"
        ) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise SettingsError(
            f"{path} is not valid TOML: line {line} is not in UTF-8", todo="save the file in UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {_in_words(str(error), text)}", todo=todo) from error


def _in_words(said: str, text: str) -> str:
    """Which line is wrong, as it stands, and what is probably meant.

    >>> _in_words("Invalid value (at line 1, column 8)", "host = plc")
    "line 1, 'host = plc': put a text in quotes"
    """
    place = re.search(r"\(at (?:line (\d+), column \d+|end of document)\)", said)
    lines = text.rstrip().split("\n")
    if place is None:
        return said
    number = min(int(place[1] or len(lines)), len(lines))
    line = lines[number - 1].strip()
    if "\r" in line:
        return "its lines end as on an old Mac: save it with the line ends of Linux or Windows"
    return f"line {number}, {line!r}: {_meant(said[: place.start()].strip(), line)}"


def _meant(said: str, line: str) -> str:
    if said.startswith("Cannot declare"):
        return "this table stands twice"
    if said.startswith("Cannot overwrite"):
        return "this key stands twice in its table"
    return next((hint for pattern, hint in _HINTS if re.search(pattern, line)), said)
