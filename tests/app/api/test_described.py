"""What the API says of itself is what the console asks for and understands."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from app.api.server import routes as server
from app.api.server.doors import OPEN
from app.console.client import alarms, reports, reviews
from app.console.client.asking import Request
from app.console.client.session import PATH, Session, names_request, sign_in_request
from inspection.access.rights import Proof
from inspection.alarms.history import HistoryAsked
from inspection.status import Command, CommandResult, StationStatus
from tests.app.api.serving import PORT, FakeEngine, connected

Described = dict[str, Any]


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Described:
    async def go(folder: Path) -> Described:
        async with connected(FakeEngine(folder)) as end:
            return server.build(end, version="0", port=PORT).openapi()

    return asyncio.run(go(tmp_path_factory.mktemp("described")))


def operation(described: Described, request: Request) -> Described:
    """That which a request is for."""
    for path, operations in described["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", path)
        if re.fullmatch(pattern, request.path.partition("?")[0]) and request.method.lower() in operations:
            found: Described = operations[request.method.lower()]
            return found
    raise AssertionError(f"{request.method} {request.path} is no operation of the API")


def resolved(described: Described, schema: Described) -> Described:
    while "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def answer_of(described: Described, request: Request) -> Described:
    content = operation(described, request)["responses"]["200"]["content"]
    return resolved(described, content["application/json"]["schema"])


def asked_and_understood() -> Iterator[tuple[Request, type[BaseModel]]]:
    yield sign_in_request("Ola", "271828", Proof.PIN), Session
    yield Request(topic="", path=PATH), Session
    yield Request(topic="", path="/api/state"), StationStatus
    for command in Command:
        yield Request(topic="", path=f"/api/commands/{command.value}", method="POST"), CommandResult


@pytest.mark.parametrize(
    ("request_", "model"), list(asked_and_understood()), ids=lambda one: getattr(one, "path", "")
)
def test_what_the_console_needs_of_an_answer_is_promised_there(
    described: Described, request_: Request, model: type[BaseModel]
) -> None:
    promised = answer_of(described, request_)
    needed = {name for name, field in model.model_fields.items() if field.is_required()}
    assert needed <= set(promised["required"])
    assert set(model.model_fields) <= set(promised["properties"])


def test_what_the_console_sends_is_what_is_asked_for(described: Described) -> None:
    request = sign_in_request("Ola", "271828", Proof.PIN)
    body = operation(described, request)["requestBody"]["content"]["application/json"]["schema"]
    assert request.body is not None
    assert set(request.body) == set(resolved(described, body)["required"])


def test_names_come_as_a_list(described: Described) -> None:
    assert answer_of(described, names_request()) | {"title": ""} == {
        "type": "array",
        "items": {"type": "string"},
        "title": "",
    }


def test_whatever_changes_something_says_that_it_asks_who_one_is(described: Described) -> None:
    for path, operations in described["paths"].items():
        for method, one in operations.items():
            if method == "get" or (method.upper(), path) in OPEN:
                continue
            assert {"401", "403", "429"} <= set(one["responses"]), f"{method} {path}"


@pytest.mark.parametrize(
    "request_",
    [
        names_request(),
        reviews.waiting(),
        reviews.page_behind(7),
        reviews.part("a" * 32),
        reports.shifts_wanted(None),
        alarms.history_wanted(HistoryAsked()),
    ],
    ids=lambda one: one.path.partition("?")[0],
)
def test_whatever_a_screen_asks_is_there(described: Described, request_: Request) -> None:
    assert "200" in operation(described, request_)["responses"]
