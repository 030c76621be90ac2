"""What an answer of the engine says, once it has come over the wire."""

import asyncio
from dataclasses import replace

import httpx
from pydantic import BaseModel, Field, ValidationError
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QImageReader

from app.console.client.asking import Answer, AskProblem, Request
from app.console.client.replies import CommandProblem, CommandReply
from inspection.messages.message import Coded
from inspection.status import Command, CommandResult


def command_reply(command: Command, status_code: int, body: bytes) -> CommandReply:
    """What an answer says of a command. Raises ValueError where it says nothing that can be read."""
    if httpx.codes.is_success(status_code):
        result = CommandResult.model_validate_json(body)
        problem = None if result.accepted else CommandProblem.REFUSED
        return CommandReply(command=command, problem=problem, detail=result.message, coded=result.coded)
    # what went wrong on the other side may have gone wrong before or after the command was carried out
    problem = CommandProblem.FAILED if httpx.codes.is_server_error(status_code) else CommandProblem.REFUSED
    detail, coded = _detail(status_code, body)
    return CommandReply(command=command, problem=problem, detail=detail, coded=coded)


def answer_to(request: Request, status: int, body: bytes) -> Answer:
    """What an answer says of a request."""
    if httpx.codes.is_success(status):
        return Answer(request=request, status=status, body=body)
    problem = AskProblem.FAILED if httpx.codes.is_server_error(status) else AskProblem.REFUSED
    detail, coded = _detail(status, body)
    return Answer(request=request, status=status, problem=problem, detail=detail, coded=coded)


def decode(content: bytes) -> QImage | None:
    """A picture from its file's bytes; None where Qt cannot read it."""
    data = QByteArray(content)
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    image = QImageReader(buffer).read()
    return None if image.isNull() else image


class _Detail(BaseModel):
    """Why the engine, or what stands before it, does not do something."""

    detail: str = Field(min_length=1)
    coded: Coded = ()


def _detail(status_code: int, body: bytes) -> tuple[str, Coded]:
    """The engine's words for a refusal and what they say, or at least the HTTP status."""
    try:
        said = _Detail.model_validate_json(body)
    except (ValidationError, RecursionError):
        return f"HTTP {status_code}", ()
    return said.detail, said.coded


async def seen(answer: Answer) -> Answer:
    """The answer, its picture decoded in a thread where one was asked for: it takes a tenth of a second."""
    if not answer.request.picture or answer.problem is not None:
        return answer
    image = await asyncio.to_thread(decode, answer.body)
    problem = AskProblem.BAD_ANSWER if image is None else None
    return replace(answer, body=b"", image=image, problem=problem)
