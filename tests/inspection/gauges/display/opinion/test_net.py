"""The shipped net tells digits that another hand has drawn, and is the file that came with the program."""

from pathlib import Path

import numpy as np
import pytest

from inspection.errors import WeightsError
from inspection.gauges.display.opinion import net
from inspection.gauges.display.opinion.view import channels, cut_out
from tests.inspection.gauges.display import drawn

LEFT, TOP = 180.0, 260.0
"""Of the first place that ``drawn.display`` draws."""


def place(number: int, slant: float = 0.1) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Upper left, upper right and lower left of a drawn place."""
    left, lean = LEFT + number * drawn.PITCH, slant * drawn.HEIGHT / 2
    return np.array([[left + lean, TOP], [left + lean + drawn.WIDTH, TOP], [left - lean, TOP + drawn.HEIGHT]])


@pytest.mark.parametrize("shown", ["012345", "67890.1"])
def test_digits_and_points_of_another_hand_are_told(shown: str) -> None:
    picture = drawn.display(shown)
    seen = np.stack([channels(cut_out(picture, place(number))) for number in range(6)])
    thoughts = net.thoughts(seen)
    assert "".join(str(int(thought.classes.argmax())) for thought in thoughts) == shown.replace(".", "")
    points = [number for number, thought in enumerate(thoughts) if thought.point > 0.5]
    assert points == ([shown.index(".") - 1] if "." in shown else [])


def test_a_blank_place_is_told() -> None:
    seen = channels(cut_out(drawn.display("4.5"), place(2)))
    assert int(net.thoughts(seen[None])[0].classes.argmax()) == net.NOTHING


def test_weights_that_did_not_come_with_the_program_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "net.npz"
    other.write_bytes(net.WEIGHTS.read_bytes()[:-1])
    monkeypatch.setattr(net, "WEIGHTS", other)
    net.shipped.cache_clear()
    with pytest.raises(WeightsError, match="not the file"):
        net.shipped()
