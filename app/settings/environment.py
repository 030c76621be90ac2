"""Settings from the environment, down to single keys.

``PASSGATE_PLC__PORT=1502`` is ``port`` in ``[plc]``, and ``PASSGATE_CAMERAS__0__SOURCE=1`` is ``source`` of
the first ``[[cameras]]``. pydantic-settings reads the variables; what it cannot do is to reach into a list of
tables.
"""

import difflib
import os
from collections.abc import Mapping
from typing import Any, Final

from pydantic_settings import BaseSettings, EnvSettingsSource
from pydantic_settings import SettingsError as UnreadableVariableError

from app.settings.annotations import members, place_named
from inspection.errors import SettingsError

PREFIX: Final = "PASSGATE_"
BETWEEN: Final = "__"
"""Between the names of a table and its key."""


def variable(location: tuple[str | int, ...]) -> str:
    """The environment variable of a key.

    >>> variable(("cameras", 0, "source"))
    'PASSGATE_CAMERAS__0__SOURCE'
    """
    return PREFIX + BETWEEN.join(str(part).upper() for part in location)


def refuse_unknown_names(settings: type[BaseSettings]) -> None:
    """Raise SettingsError where a variable is meant for ``settings`` and would be passed over.

    It names a table that they do not have, a key without its table, or one underscore stands for two,
    anywhere in its name. What else begins with PASSGATE_ (PASSGATE_HOME) may be somebody else's.
    """
    known = list(settings.model_fields)
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and (meant := _meant_by(name.removeprefix(PREFIX).lower(), settings)):
            raise SettingsError(
                f"the environment variable {name} names no key of the settings, did you mean {meant}?",
                todo="mend or unset it",
            )
        table, nested, _ = name.removeprefix(PREFIX).partition(BETWEEN)
        if name.startswith(PREFIX) and nested and table.lower() not in known:
            close = difflib.get_close_matches(table.lower(), known, n=1)
            hint = f", did you mean {variable((close[0],))}{BETWEEN}…?" if close else ""
            raise SettingsError(
                f"the environment variable {name} names no table of the settings{hint}",
                todo=f"mend or unset it; tables are {', '.join(known)}",
            )


def _meant_by(name: str, settings: type[BaseSettings]) -> str:
    """The variable that ``name`` was probably meant to be; empty where it is one, or nobody knows."""
    for table, field in settings.model_fields.items():
        if any(name in getattr(one, "model_fields", {}) for one in members(field.annotation)):
            return "" if name in settings.model_fields else variable((table, name))
    place = place_named(settings, name.replace(BETWEEN, "_"))
    if place is None or variable(place).lower() == f"{PREFIX}{name}".lower():
        return ""
    return variable(place)


def from_environment(settings: type[BaseSettings]) -> dict[str, Any]:
    """What the environment sets of ``settings``, as nested tables; keys of lists are digits.

    Raises:
        SettingsError: A variable that gives a list or a table whole is no JSON.
    """
    source = EnvSettingsSource(settings)
    try:
        return source()
    except UnreadableVariableError as error:
        name = _unreadable(source)
        raise SettingsError(
            f"the environment variable {name} gives a list or a table, and is no JSON: {error.__cause__}",
            todo=f'write it as JSON ({variable(("station", "shifts"))}=\'["06:00","18:00"]\'), or give the '
            f"single keys of a table ({variable(('plc', 'port'))}=1502)",
        ) from error


def _unreadable(source: EnvSettingsSource) -> str:
    """The first variable that the source cannot read by itself: its error names only the table."""
    given = source.env_vars
    try:
        for name, value in given.items():
            source.env_vars = {name: value}
            try:
                source()
            except UnreadableVariableError:
                return name.upper()
    finally:
        source.env_vars = given
    return f"{PREFIX}…"


def overlaid(file: Mapping[str, Any], environment: Mapping[str, Any]) -> dict[str, Any]:
    """``file`` with what ``environment`` sets in it, down to single keys, also of tables in a list.

    Raises:
        SettingsError: A variable's number is behind the end of its list.

    >>> overlaid({"cameras": [{"name": "a", "source": 0}]}, {"cameras": {"0": {"name": "b"}}})
    {'cameras': [{'name': 'b', 'source': 0}]}
    """
    return _table(file, environment, ())


def _table(file: Mapping[str, Any], over: Mapping[str, Any], at: tuple[str | int, ...]) -> dict[str, Any]:
    return {**file, **{key: _value(file.get(key), value, (*at, key)) for key, value in over.items()}}


def _value(file: Any, over: Any, at: tuple[str | int, ...]) -> Any:
    if not isinstance(over, Mapping):
        return over
    if over and all(key.isdecimal() for key in over) and (file is None or isinstance(file, list)):
        return _list(file or [], {int(key): value for key, value in over.items()}, at)
    return _table(file if isinstance(file, Mapping) else {}, over, at)


def _list(file: list[Any], over: Mapping[int, Any], at: tuple[str | int, ...]) -> list[Any]:
    whole = list(file)
    for index in sorted(over):
        if index > len(whole):
            raise SettingsError(
                f"the environment variable {variable((*at, index))} has no place: the list {at[-1]!r} "
                f"ends before number {len(whole)}",
                todo=f"count from 0, and leave no number out: the next one is {variable((*at, len(whole)))}",
            )
        whole[index : index + 1] = [
            _value(whole[index] if index < len(whole) else None, over[index], (*at, index))
        ]
    return whole
