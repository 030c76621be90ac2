"""What a command says, and how it must say that it cannot."""

import json
import re
from collections.abc import Callable
from typing import NamedTuple


class Said(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Passgate = Callable[..., Said]


def assert_one_line(said: Said, pattern: str) -> None:
    """An error that a person can mend: not 0, one line that says ``pattern``, no traceback, no result."""
    assert said.code != 0
    errors = [line for line in said.err.splitlines() if line.startswith("passgate: ")]
    assert len(errors) == 1
    assert re.search(pattern, errors[0])
    assert "Traceback" not in said.err
    assert said.out == "" or json.loads(said.out).keys() == {"schema_version", "error"}
