"""What the bench says of the moments at which the models' process was struck."""

from datetime import timedelta

import pytest

from app.benches.inference import Blow, published_before
from tests.reports.parts import START, part


@pytest.mark.parametrize(
    ("after_ms", "accepted_ms", "while_idle", "published"),
    [
        (50.0, 140.0, False, False),
        (150.0, 140.0, False, True),
        (150.0, None, False, False),
        (150.0, 140.0, True, False),
    ],
)
def test_a_blow_is_behind_a_result_only_where_the_plc_had_taken_it(
    after_ms: float, accepted_ms: float | None, while_idle: bool, published: bool
) -> None:
    record = [part(1, accepted_ms=140.0), part(2, accepted_ms=accepted_ms), part(3, accepted_ms=1.0)]
    struck = Blow(START + timedelta(seconds=2, milliseconds=after_ms), while_idle, 3.0)
    assert published_before(struck, record) is published


def test_a_blow_before_the_first_part_is_behind_nothing() -> None:
    assert not published_before(Blow(START, False, 3.0), [part(1, accepted_ms=140.0)])
