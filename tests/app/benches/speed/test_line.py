"""The line with different numbers of gauges on each part."""

from typing import Any

import pytest

from app.benches.speed import line
from tests.app.running import Passgate, assert_one_line


def test_lines_with_more_gauges_are_compared_with_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def bench_line(parts: int, *, gauges: int = 1) -> dict[str, Any]:
        return {"parts": parts, "gauges": gauges, "latency_ms": {"p50": 100.0 + 10 * gauges, "p95": 200.0}}

    monkeypatch.setattr(line, "bench_line", bench_line)
    found = line.bench_gauges_beside(7, (0, 5))
    assert [one["parts"] for one in found["lines"]] == [7, 7]
    assert found["latency_ratio"] == [
        {"gauges": 0, "p50": 1.0, "p95": 1.0},
        {"gauges": 5, "p50": 1.5, "p95": 1.0},
    ]


def test_lines_that_are_compared_have_no_label(passgate: Passgate) -> None:
    said = passgate("bench", "line", "--gauges", "0", "--gauges", "2", "--label", "--json")
    assert_one_line(said, "--label")
