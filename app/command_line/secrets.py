"""Passwords and PINs asked for: at a terminal without showing them, else from stdin, a line each.

Never as an argument, which other programs see and shells keep.
"""

import getpass
import sys

from inspection.errors import AccessError


def ask(what: str, *, twice: bool = False) -> str:
    """What somebody types.

    Args:
        what: What it is, for the prompt: "password of Ada".
        twice: Whether it is new, and to be repeated at a terminal.

    Raises:
        AccessError: Nothing came, it cannot be read, or it was repeated otherwise.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        return _line(what)
    try:
        typed = getpass.getpass(f"{what}: ", stream=sys.stderr)
        if twice and getpass.getpass(f"{what}, again: ", stream=sys.stderr) != typed:
            raise AccessError(f"the {what} was repeated otherwise", todo="try again; nothing was changed")
    except (EOFError, UnicodeDecodeError):
        typed = ""
    return _something(typed, what)


def _line(what: str) -> str:
    try:
        typed = "" if sys.stdin is None else sys.stdin.readline()
    except UnicodeDecodeError:
        raise AccessError(f"the {what} is no UTF-8", todo="write it so; nothing was changed") from None
    except OSError:  # stdin is closed, or nothing that can be read
        typed = ""
    return _something(typed.rstrip("\r\n"), what)


def _something(typed: str, what: str) -> str:
    if not typed:
        raise AccessError(
            f"the {what} is asked for, and nothing came",
            todo="type it, or write it to stdin, a line each in the prompts' order; nothing was changed",
        )
    return typed
