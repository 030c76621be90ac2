"""Requests that nobody thought of, made by schemathesis from the API's own description."""

import importlib
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from hypothesis import HealthCheck, given, seed, settings

from inspection.errors import PassgateError
from inspection.status import Command

MOST_TURNS: Final = 20
"""Over all operations: some have few ways to be asked."""


def fuzz(
    url: str,
    headers: Mapping[str, str],
    *,
    requests: int,
    timeout_s: float = 10.0,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Counter[int]:
    """Send requests, right and wrong ones, the same each time, as many to each operation.

    Hold is left out: it would do what it is for.

    Args:
        url: The API's.
        headers: What lets the requests in.
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
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", headers=dict(headers))
    operations = [found.ok() for found in schema.get_all_operations()]
    sent = _Sent(headers, timeout_s, on_progress)
    for turn in range(MOST_TURNS):
        for number, operation in enumerate(operations):
            share = -(-(requests - sent.answers.total()) // (len(operations) - number))
            if share > 0:
                sent.to(operation, share, turn)
    return sent.answers


class _Sent:
    """Sends requests, and counts what came of them."""

    def __init__(
        self, headers: Mapping[str, str], timeout_s: float, on_progress: Callable[[int], None]
    ) -> None:
        self._headers = dict(headers)
        self._timeout_s = timeout_s
        self._on_progress = on_progress
        self.answers: Counter[int] = Counter()

    def to(self, operation: Any, share: int, turn: int) -> None:
        """At most ``share`` to one operation; fewer where it has no more ways to be asked."""
        left = share

        @seed(turn)
        @settings(max_examples=share, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal left
            if not left or (case.path_parameters or {}).get("command") == Command.HOLD:
                return
            left -= 1
            self.answers[case.call(timeout=self._timeout_s, headers=self._headers).status_code] += 1
            self._on_progress(self.answers.total())

        ask()
