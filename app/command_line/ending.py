"""How every command ends: in words on stderr, with an exit code, and with ``--json`` in one object on stdout.

| the end | exit code | ``error.kind`` |
|---|---|---|
| what was asked was done | 0 | none: the object is the result |
| it was done, and the answer is no (a broken record, a missed goal) | 1 | none: the object is the result |
| refused | 1 | what refused: ``settings``, ``recipe``, ``store``, … (``inspection.errors``) |
| the system refused (disk full, no right to read) | 1 | ``system`` |
| an error in Passgate itself, with its traceback on stderr | 1 | ``internal`` |
| a command, option or value that does not exist | 2 | ``usage`` |
| Ctrl+C, SIGTERM | 130, 143 | ``interrupted`` |

``plc simulate`` and ``run`` go on until they are stopped: there both signals are the order to finish.
"""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, NamedTuple

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from app.command_line.output import answer, print_json
from inspection.errors import PassgateError
from inspection.wording.value import value_in_words

SCHEMA: Final = 1
"""Of the object that says why there is no result."""


class CtrlCError(KeyboardInterrupt):
    """Ctrl+C came. What a command had done by then it may say as the error's text.

    A kind of its own: once a plain KeyboardInterrupt has met ``exec``, as where an import makes dataclasses,
    CPython 3.11 started with ``-m`` ends by SIGINT, whatever its exit code, also where it was caught.
    """


class TerminatedError(KeyboardInterrupt):
    """SIGTERM came. As a KeyboardInterrupt it goes through asyncio and ``except Exception`` to the end."""


class Refusal(NamedTuple):
    """Why there is no result."""

    kind: str
    what: str
    part: str = ""
    todo: str = ""
    code: int = 1

    def __str__(self) -> str:
        return str(PassgateError(self.what, part=self.part, todo=self.todo))

    def contract(self) -> dict[str, object]:
        """As the one JSON object."""
        error = {"kind": self.kind, "what": self.what, "part": self.part, "todo": self.todo}
        return {"schema_version": SCHEMA, "error": error}


def run_to_its_end(command: Callable[[], None], arguments: Sequence[str]) -> int:
    """Run ``command``, say how it ended where that was no success, and return the exit code.

    Args:
        command: Parses ``arguments`` and does what they ask.
        arguments: Of the command line, without the program.
    """
    answer.expect(wanted=_wants_json(arguments))
    try:
        with _signals_raise():
            command()
        return 0
    except typer.Exit as leaving:
        return leaving.exit_code
    except BrokenPipeError:  # `passgate … | head`: nobody reads on
        _forget_stdout()
        return 1
    except (Exception, KeyboardInterrupt) as error:
        refusal = _why(error)
    with suppress(OSError, ValueError):
        sys.stderr.write(f"passgate: {refusal}\n")
    if answer.wanted and not answer.given:
        try:
            print_json(refusal.contract())
        except OSError:
            _forget_stdout()
    return refusal.code


def _why(error: BaseException) -> Refusal:
    match error:
        case PassgateError():
            return Refusal(error.kind, error.what, error.part, error.todo)
        case TyperException():
            return _usage(error)
        case TerminatedError():
            what, code = "ended by SIGTERM before it was done", 128 + signal.SIGTERM
            return Refusal("interrupted", what, str(error), code=code)
        case KeyboardInterrupt():
            what, code = "ended by Ctrl+C before it was done", 128 + signal.SIGINT
            return Refusal("interrupted", what, str(error), code=code)
        case MemoryError():
            return Refusal("system", "the memory is used up", todo="end other programs, or ask for less")
        case OSError() if error.strerror:
            place = f" {os.fspath(error.filename)}" if isinstance(error.filename, str | os.PathLike) else ""
            return Refusal(
                "system",
                f"the system refused{place}: {error.strerror}",
                todo="see that it exists, may be used by you, and has room",
            )
    traceback.print_exception(error)
    return Refusal(
        "internal",
        f"an error in Passgate itself: {type(error).__name__}: {error}",
        todo="report it, with the lines above",
    )


def _usage(error: TyperException) -> Refusal:
    """A command line that cannot be understood; typer's own words for values are pydantic's."""
    what = error.format_message()
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        hint = what.partition(": ")[0]
        what = f"{hint}: {'; '.join(map(value_in_words, cause.errors()))}"
    context = getattr(error, "ctx", None)
    asked = "passgate" if context is None else context.command_path
    return Refusal("usage", what or "no command is named", todo=f"see {asked} --help", code=error.exit_code)


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether ``--json`` stands among the options; what follows ``--`` is none."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


@contextmanager
def _signals_raise() -> Iterator[None]:
    """SIGTERM ends like Ctrl+C: what was begun is cleared away, and children do not outlive the command."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: FrameType | None) -> None:
        raise TerminatedError if number == signal.SIGTERM else CtrlCError

    caught = [signal.SIGTERM]
    if (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):  # a program in the background may ignore it
        caught.append(signal.SIGINT)
    before = {number: signal.signal(number, end) for number in caught}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _forget_stdout() -> None:
    """Nobody reads what we write; what is left in the buffer must not fail at the exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
