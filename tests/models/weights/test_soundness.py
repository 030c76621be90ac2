"""A header's format is told whatever else is in it: what another version wrote is no damage."""

import pytest
from pydantic import ValidationError

from models.weights.soundness import format_of


def test_the_format_is_told_beside_fields_that_nobody_here_knows() -> None:
    assert format_of('{"format": 99, "unheard": [1, 2]}') == 99


@pytest.mark.parametrize("header", ["", "{}", "[]", '{"format": "new"}', '{"format": 1'])
def test_what_tells_no_format_is_damaged(header: str) -> None:
    with pytest.raises(ValidationError):
        format_of(header)
