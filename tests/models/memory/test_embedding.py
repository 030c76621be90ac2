"""From a picture to numbers: the size it is looked at in."""

from hypothesis import given
from hypothesis import strategies as st

from models.memory.embedding import working_size


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1024, 10**6))
def test_the_working_size_has_whole_strides_and_about_the_area(height: int, width: int, area: int) -> None:
    found = working_size([(height, width)], area_px=area, multiple=32)
    assert all(side >= 32 and side % 32 == 0 for side in found)
    exact = (area * height / width) ** 0.5, (area * width / height) ** 0.5
    assert all(abs(side - wanted) <= 16 or wanted < 32 for side, wanted in zip(found, exact, strict=True))
