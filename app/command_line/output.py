"""How a command answers: its result on stdout, everything else on stderr."""

import json
import sys
from typing import Annotated, Any, Final

import typer
from pydantic import BaseModel

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


class Answer:
    """What is owed to whoever asked with ``--json``: one object, whichever way the command ends."""

    def __init__(self) -> None:
        self.expect(wanted=False)

    def expect(self, *, wanted: bool) -> None:
        """A command begins; ``wanted``: with ``--json``."""
        self.wanted = wanted
        self.given = False


answer: Final = Answer()
"""Of the command that runs in this process."""


def print_json(value: BaseModel | dict[str, Any]) -> None:
    """Print one JSON object on stdout, in one line."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    sys.stdout.write(json.dumps(plain, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    answer.given = True
