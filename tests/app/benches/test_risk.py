"""The proof: on lines whose truth is known, the certified bound is broken in at most delta of them."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from app.benches.risk import Population, bench_risk
from app.cli import cli
from inspection.certification import threshold as walking

LINES, DELTA = 2000, 0.05
NOISE = 3 * math.sqrt(DELTA * (1 - DELTA) / LINES)
"""Three standard deviations of a share that is truly delta, counted on so many lines."""


def test_on_2000_random_lines_the_bound_is_broken_in_at_most_delta_of_them() -> None:
    counted = bench_risk(LINES, delta=DELTA, seed=11)
    assert counted["certified"] == LINES
    assert 0 < counted["violated_share"] <= DELTA + NOISE
    assert counted["overkill_bound_violated_share"] <= DELTA + NOISE
    assert counted["true_rate_over_alpha"]["p95"] > 0.8, "and it gives little away"


def test_the_count_would_find_a_walk_that_goes_too_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "most_misses", lambda n, alpha, delta: math.floor(alpha * n))
    assert bench_risk(400, delta=DELTA, seed=11)["violated_share"] > 4 * DELTA


def test_the_true_rate_of_a_population_is_the_share_that_its_scores_show() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        population = Population.draw(random)
        scores = np.array(population.scores(20_000, random))
        for threshold in (0.1, 0.5, 1.0):
            assert population.rate_at(threshold) == pytest.approx((scores <= threshold).mean(), abs=0.015)


def test_the_command_prints_the_share() -> None:
    said = CliRunner().invoke(cli, ["bench", "risk", "--lines", "20", "--json"])
    assert said.exit_code == 0
    assert json.loads(said.stdout)["lines"] == 20
