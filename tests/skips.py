"""Where a skipped test fails the run: in CI, which installs what tests need.

``.ci/run`` sets ``PASSGATE_REQUIRE_ALL=1``. A test that needs a program or library which may be missing
elsewhere skips with its reason, and ``.ci/run`` installs it; where that was forgotten, the skip is a failure.
"""

import os
from collections.abc import Sequence

import pytest

ALLOWED: Sequence[str] = (
    "root may write anywhere",  # CI's user, in its container
    "the photographs of ../shared/data are not here",  # not public: no registry has them
    "the shared cases are not here",  # likewise
    "the larger towers' weights are not in the cache",  # what does not ship is not fetched for a test
    "None is immortal from CPython 3.12 on",  # nothing can be lost there
    "no small disk can be mounted here",  # CI runs in a container, which may mount nothing
)
"""Reasons that nothing which could be installed would remove."""


def required() -> bool:
    """Whether this run must skip nothing but what is ``ALLOWED``."""
    return os.environ.get("PASSGATE_REQUIRE_ALL", "") not in ("", "0")


def forbid(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a report of a skip whose reason is not allowed into one of a failure."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    # (file, line, "Skipped: reason")
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if reason in ALLOWED:
        return
    report.outcome = "failed"
    report.longrepr = (
        f"skipped, where nothing may be: {reason}\n"
        "Have .ci/run install it, or, if it cannot be installed there, name the reason in tests/skips.py."
    )
