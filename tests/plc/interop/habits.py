"""Habits of PLCs and gateways that were met: what each does, and what must become of it.

One row each of the table in docs/integrator.md. A habit is a ``Misbehaviour`` for ``ScriptedPlc``, which
writes first and then does as the habit wants, as pymodbus 3.16.1 and pyModbusTCP 0.3.1 do.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.plc.peers import Misbehaviour, answered, refused

_WITHOUT: Final = 'so FC16 and FC03 carry each exchange; telegrams = "fc16-fc03" under [plc] saves asking'
Sent = list[tuple[float, bytes]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlcHabit:
    """One way in which a PLC, or a gateway before it, differs from the book."""

    what: str
    """In words, as in docs/integrator.md."""
    does: Misbehaviour = lambda _, answer: [(0.0, answer)]
    hangs_up: bool = False
    """Closes the connection after each answer."""
    runs: bool
    """The line runs with the default settings."""
    words: str = ""
    """What is said: of what goes round the habit, or of why it does not run."""
    helped_by: Mapping[str, object] = field(default_factory=dict)
    """The settings that the words name, and with which the line runs."""


GOOD: Final = PlcHabit(what="none", runs=True)


def _fc23(does: Callable[[bytes], Sent]) -> Misbehaviour:
    return lambda request, answer: does(request) if request[7] == 23 else [(0.0, answer)]


def _excuses(code: int) -> PlcHabit:
    return PlcHabit(
        what=f"answers FC23 with exception {code}",
        does=_fc23(lambda request: [(0.0, refused(request, code))]),
        runs=True,
        words=f"the PLC answers FC23 with Modbus exception {code}, {_WITHOUT}",
    )


def _numbers(words: str, make: Callable[[int], int]) -> PlcHabit:
    def answer_with(_: bytes, answer: bytes) -> Sent:
        (number,) = struct.unpack(">H", answer[:2])
        return [(0.0, struct.pack(">H", make(number)) + answer[2:])]

    return PlcHabit(
        what=f"answers with {words}",
        does=answer_with,
        runs=False,
        words=f"it answers with {words}",
        helped_by={"transaction_check": "gateway"},
    )


def _unit(unit: int) -> PlcHabit:
    return PlcHabit(
        what=f"answers as unit {unit}, whatever it is asked as",
        does=lambda _, answer: [(0.0, answer[:6] + bytes((unit,)) + answer[7:])],
        runs=False,
        words=f"unit {unit} answers instead of 1",
        helped_by={"unit_id": unit},
    )


def _own_numbers() -> Callable[[int], int]:
    count = iter(range(0x4000, 10**9))
    return lambda _: next(count) & 0x7FFF


HABITS: Final[Mapping[str, PlcHabit]] = {
    "fc23exc1": _excuses(1),
    "fc23exc2": _excuses(2),
    "fc23exc3": _excuses(3),
    "fc23exc4": _excuses(4),
    "fc23exc11": _excuses(11),
    "fc23silent": PlcHabit(
        what="ignores FC23",
        does=_fc23(lambda _: []),
        runs=True,
        words=f"the PLC does not answer FC23, {_WITHOUT}",
    ),
    "fc23close": PlcHabit(
        what="closes the connection at FC23",
        does=_fc23(lambda _: None),
        runs=True,
        words=f"the PLC closes the connection at FC23, {_WITHOUT}",
    ),
    "fc23exc_fc3": PlcHabit(
        what="answers FC23 with an exception to another function",
        does=_fc23(lambda request: [(0.0, answered(request, b"\x83\x01"))]),
        runs=True,
        words=f"the PLC answers FC23 with something else, {_WITHOUT}",
    ),
    "fc23short": PlcHabit(
        what="answers FC23 with too few registers",
        does=_fc23(lambda request: [(0.0, answered(request, b"\x17\x04\0\1\0\1"))]),
        runs=True,
        words=f"the PLC answers FC23 with something else, {_WITHOUT}",
    ),
    "tidswap": _numbers("the number's two bytes exchanged", lambda n: (n & 0xFF) << 8 | n >> 8),
    "tidzero": _numbers("number 0, whatever it was asked with", lambda _: 0),
    "tidplus": _numbers("a number that is one too high", lambda n: n + 1 & 0xFFFF),
    "tidminus": _numbers("a number that is one too low", lambda n: n - 1 & 0xFFFF),
    "tidlow": _numbers("the number's low 8 bits only", lambda n: n & 0xFF),
    "tidhigh": _numbers("the number's high 8 bits only", lambda n: n >> 8),
    "tid15": _numbers("the number's low 15 bits only", lambda n: n & 0x7FFF),
    "tidown": _numbers("numbers of its own", _own_numbers()),
    "unitzero": _unit(0),
    "unit255": _unit(255),
    "extra": PlcHabit(
        what="puts two zero bytes behind each answer",
        does=lambda _, answer: [(0.0, answer + b"\0\0")],
        runs=True,
    ),
    "pad60": PlcHabit(
        what="fills each answer up to 60 bytes with zeros",
        does=lambda _, answer: [(0.0, answer.ljust(60, b"\0"))],
        runs=True,
    ),
    "lenplus": PlcHabit(
        what="announces one byte more than it sends",
        does=lambda _, a: [(0.0, a[:4] + struct.pack(">H", len(a) - 5) + a[6:])],
        runs=False,
        words="where it is so each time, the gateway or server announces a wrong length, and must be mended",
    ),
    "len0": PlcHabit(
        what="announces 0 bytes",
        does=lambda _, answer: [(0.0, answer[:4] + b"\0\0" + answer[6:])],
        runs=False,
        words="the header announces 0 bytes",
    ),
    "double": PlcHabit(
        what="sends each answer twice",
        does=lambda _, answer: [(0.0, answer + answer)],
        runs=True,
    ),
    "bytewise": PlcHabit(
        what="sends each byte by itself",
        does=lambda _, answer: [(0.0, answer[at : at + 1]) for at in range(len(answer))],
        runs=True,
    ),
    "closeeach": PlcHabit(
        what="closes the connection after each answer",
        hangs_up=True,
        runs=False,
        words="the PLC closed the connection after one answer",
    ),
    "busy": PlcHabit(
        what="is always busy (exception 6)",
        does=lambda request, _: [(0.0, refused(request, 6))],
        runs=False,
        words="the PLC is busy (Modbus exception 6)",
    ),
}
