"""Requests that nobody thought of, made by schemathesis from the API's own description."""

import importlib
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings

from inspection.errors import PassgateError
from inspection.status import Command


def fuzz(
    url: str, *, requests: int, timeout_s: float = 10.0, on_progress: Callable[[int], None] = lambda _: None
) -> Counter[int]:
    """Send requests, right and wrong ones, the same each time, as many to each operation.

    Hold is left out: it would do what it is for.

    Args:
        url: The API's.
        requests: How many, at most.
        timeout_s: For each.
        on_progress: Told how many were sent.

    Returns:
        The answers by HTTP status code.

    Raises:
        PassgateError: schemathesis is not installed: it comes with the development tools.
    """
    try:
        schemathesis: Any = importlib.import_module("schemathesis")
    except ImportError as error:
        raise PassgateError(
            "schemathesis is not installed", todo="install Passgate with its [dev] extra"
        ) from error
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    answers: Counter[int] = Counter()
    for number, operation in enumerate(operations):
        share = (requests - answers.total()) // (len(operations) - number)
        sent = 0

        @settings(
            max_examples=share,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal sent
            if sent >= share or (case.path_parameters or {}).get("command") == Command.HOLD:  # noqa: B023
                return
            sent += 1
            answers[case.call(timeout=timeout_s).status_code] += 1
            on_progress(answers.total())

        ask()
    return answers
