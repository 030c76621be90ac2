"""What goes wrong on the wire: counted, and in words. No I/O."""

from enum import Enum
from typing import Final

from pydantic import BaseModel

from inspection.messages.codes import Code
from inspection.messages.message import NONE, Params
from inspection.messages.telling import said_as
from plc.modbus.telegram import ExcCodes, Function
from plc.modbus.transactions import Habit
from plc.settings import LinkSettings, Telegrams, TransactionCheck

PART: Final = "An open part is default-rejected"

_REMEDIES: Final[dict[int, str]] = {
    ExcCodes.ILLEGAL_FUNCTION: (
        "The PLC must serve holding registers with functions 3 and 16; check telegrams in the settings"
    ),
    ExcCodes.ILLEGAL_VALUE: "The PLC takes no telegrams of this length: check its Modbus limits",
    ExcCodes.GATEWAY_PATH_UNAVIABLE: "A gateway answers: check unit_id in the settings",
    ExcCodes.GATEWAY_NO_RESPONSE: (
        "A gateway answers, but the device behind it does not: check unit_id in the settings, and the device"
    ),
}
"""What to do about a Modbus exception."""

_WITHOUT_FC23: Final[dict[Telegrams, str]] = {
    Telegrams.AUTO: "It is tried with functions 16 and 3 next",
    Telegrams.FC23: (
        'If the PLC lacks function 23, set telegrams = "auto" or "fc16-fc03" under [plc]; else check the PLC '
        "and the network"
    ),
}


class WireCounters(BaseModel):
    """What happened on the wire since the start, for maintenance. Each failure counts once."""

    connections: int = 0
    """Connections made."""
    connect_failures: int = 0
    """Attempts that nobody answered, or somebody refused."""
    tls_failures: int = 0
    """Attempts that ended in the TLS handshake: certificates, versions, not TLS at all."""
    closed: int = 0
    """Connections that the PLC, or something between, closed or reset."""
    timeouts: int = 0
    """Telegrams without an answer in time."""
    given_up: int = 0
    """Connections that were dropped after time-outs in a row: half open, or the PLC hangs."""
    late_answers: int = 0
    """Answers to an earlier question, late or sent twice: thrown away."""
    foreign_answers: int = 0
    """Answers with a transaction number that nothing was asked with, as some gateways give: thrown away."""
    padded: int = 0
    """Answers with zero bytes behind them, which are thrown away."""
    short: int = 0
    """Answers that broke off, or brought fewer registers than asked for."""
    garbled: int = 0
    """Answers that were no Modbus, or not to what was asked."""
    busy: int = 0
    """Exception 6: tried again in the next cycle, on the same connection."""
    illegal_address: int = 0
    """Exception 2: the settings and the PLC's register map differ."""
    other_exceptions: int = 0
    """Any other Modbus exception."""
    fc23_given_up: int = 0
    """FC23 was found lacking, and FC16 and FC03 took over."""


class Failing(Enum):
    """How one question went without its answer."""

    IGNORED = "nothing came in time"
    CLOSED = "the connection was closed"
    GARBLED = "something else came"


class WireError(Exception):
    """One exchange brought nothing. The message says what happened, what becomes of the part, what to do.

    Args:
        reason: The message, without ``detail``.
        code: What it says in every language, in short.
        params: What the code is said with.
        dead: The connection is of no more use.
        exception: The Modbus exception code, where the PLC answered with one.
        detail: What changes from one time to the next.
        failing: How the answer failed to come, where a question was under way.
        habit: With which transaction number it answered, where that is why it was not believed.
    """

    def __init__(
        self,
        reason: str,
        code: Code,
        params: Params = NONE,
        *,
        dead: bool,
        exception: int | None = None,
        detail: str = "",
        failing: Failing | None = None,
        habit: Habit | None = None,
    ) -> None:
        super().__init__(f"{reason} ({detail})" if detail else reason)
        self.reason = said_as(reason, code, params)
        """The message without what changes from one time to the next, so that it is told once."""
        self.dead = dead
        """The connection is of no more use."""
        self.exception = exception
        """The Modbus exception code, where the PLC answered with one."""
        self.failing = failing
        """How the answer failed to come, where a question was under way."""
        self.habit = habit
        """With which transaction number it answered, where that is why it was not believed."""


def unknown_host(settings: LinkSettings, error: Exception) -> WireError:
    """The PLC's name brought no address."""
    if isinstance(error, TimeoutError):
        why = f"the name {settings.host!r} is still being looked up"
        todo = "Set the PLC's address as host under [plc], or check this computer's name server"
    else:
        why = f"this computer does not know the name {settings.host!r}"
        todo = "Check host under [plc], or set the PLC's address there"
    return WireError(
        f"no connection to the PLC: {why}. No part is taken. {todo}",
        Code.PLC_NAME_UNKNOWN,
        {"host": settings.host},
        dead=True,
    )


def unreachable(settings: LinkSettings, error: OSError) -> WireError:
    """No connection to the PLC's address came about."""
    if isinstance(error, ConnectionRefusedError):
        why = "a computer is there, and nobody listens at that port"
    elif isinstance(error, TimeoutError):
        why = "nothing answers there"
    else:
        why = (error.strerror or "it is not reached").lower()
    return WireError(
        f"no connection to the PLC at {settings.host}:{settings.port}: {why}. No part is taken. "
        "Check the PLC, the network and [plc] in the settings",
        Code.PLC_UNREACHABLE,
        {"host": settings.host, "port": settings.port},
        dead=True,
    )


def closed(function: Function | None, *, answers: int, telegrams: Telegrams) -> WireError:
    """The PLC closed the connection, while ``function`` was asked for, after so many answers."""
    if function is Function.EXCHANGE:
        what, todo = " when it was asked with function 23", _WITHOUT_FC23[telegrams]
    elif answers == 1:  # as a server does that closes after each answer
        what = " after one answer"
        todo = "Have the PLC or gateway leave it open between questions, and allow this computer to connect"
    else:
        what, todo = "", "Check the PLC and the network"
    return WireError(
        f"the PLC closed the connection{what}. {PART}. {todo}",
        Code.PLC_CLOSED,
        dead=True,
        failing=None if function is None else Failing.CLOSED,
    )


def unanswered(function: Function, settings: LinkSettings, *, dead: bool, lacking: bool) -> WireError:
    """Nothing came in time. ``lacking``: where that was FC23, the PLC may lack it."""
    did = f"the PLC did not answer within {settings.timeout_ms} ms"
    todo = "Check the PLC and the network"
    if lacking and function is Function.EXCHANGE:
        did = f"the PLC answers function 3, and did not answer function 23 within {settings.timeout_ms} ms"
        todo = _WITHOUT_FC23[settings.telegrams]
    return WireError(
        f"{did}. {PART}. {todo}",
        Code.PLC_NO_ANSWER,
        {"timeout_ms": settings.timeout_ms},
        dead=dead,
        failing=Failing.IGNORED,
    )


def foreign(habit: Habit, *, asked: int, answered: int, check: TransactionCheck, dead: bool) -> WireError:
    """Answers came, with a transaction number that nothing was asked with."""
    if check is TransactionCheck.STRICT:
        why = (
            "the PLC's answers come with another transaction number than they were asked with (it answers "
            f"with {habit}), so they cannot be told from late ones and are thrown away"
        )
        todo = (
            "Mend it in the gateway or PLC; where it is known to do this, set transaction_check = "
            '"gateway" under [plc]'
        )
    else:
        why = f"the PLC answered with {habit}, and before on this connection with another kind of number"
        todo = "Check the gateway, and that this computer alone uses this connection"
    return WireError(
        f"{why}. {PART}. {todo}",
        Code.PLC_FOREIGN_ANSWERS,
        dead=dead,
        detail=f"asked with 0x{asked:04X}, answered with 0x{answered:04X}",
        failing=Failing.IGNORED,
        habit=habit,
    )


def broken_off(settings: LinkSettings, *, held: int, announced: int | None) -> WireError:
    """An answer began and did not end in time."""
    less = "" if announced is None else f", {announced - held} less than its header announces"
    return WireError(
        f"the PLC's answer broke off and was not whole after {settings.timeout_ms} ms. {PART}. "
        "Check the network; where it is so each time, the gateway or server announces a wrong length, and "
        "must be mended or replaced",
        Code.PLC_ANSWER_BROKEN,
        {"timeout_ms": settings.timeout_ms},
        dead=True,
        detail=f"{held} bytes came{less}",
        failing=Failing.GARBLED,
    )


def refused(code: int, function: Function, settings: LinkSettings) -> WireError:
    """The PLC answered with a Modbus exception."""
    if code == ExcCodes.DEVICE_BUSY:
        return WireError(
            "the PLC is busy (Modbus exception 6); it is asked again in the next cycle",
            Code.PLC_BUSY,
            dead=False,
            exception=code,
        )
    if code == ExcCodes.ILLEGAL_ADDRESS:
        todo = (
            f"Check line_base ({settings.line_base}) and vision_base ({settings.vision_base}) in the "
            "settings, which count from 0, and that the PLC serves both blocks"
        )
        if settings.name is not None and function is Function.READ:
            todo += f"; and base ({settings.name.base}) and words of [plc.name]"
    else:
        todo = _REMEDIES.get(code, "Check unit_id in the settings, and the PLC's diagnostics")
    if function is Function.EXCHANGE and settings.telegrams is Telegrams.FC23:
        todo = f'{todo}. If it lacks function 23, set telegrams = "auto" or "fc16-fc03" under [plc]'
    return WireError(
        f"the PLC refused function {function} with Modbus exception {code}. No part is taken. {todo}",
        Code.PLC_REFUSES,
        {"function": int(function), "exception": code},
        dead=True,
        exception=code,
    )
