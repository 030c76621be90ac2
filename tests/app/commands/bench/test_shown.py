"""What the benches answer."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands.bench.shown import show

FIGURE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, width=32)
    | st.text("abc", max_size=5)
)
TREES = st.dictionaries(
    st.text("xyz", min_size=1, max_size=3),
    st.recursive(
        FIGURE, lambda inner: st.dictionaries(st.text("pq", min_size=1, max_size=2), inner, max_size=3)
    ),
    min_size=1,
)


def test_figures_that_lie_deep_are_shown_to_people_too(capsys: pytest.CaptureFixture[str]) -> None:
    show({"link": {"counters": {"missed": {"gap": 2}, "cycles": 7}}, "latency_ms": {"p50": 121.25}}, False)
    shown = capsys.readouterr().out
    for words in ("link counters missed", "gap 2", "link counters cycles", "latency_ms p50", "121.25"):
        assert words in shown


@given(result=TREES)
def test_whatever_a_bench_measures_can_be_shown_either_way(
    result: dict[str, object],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("sys.stdout.write", said.append)
        show(result, True)
    assert json.loads("".join(said)) == json.loads(json.dumps(result))
    show(result, False)


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    result: Mapping[str, object] = {"parts": 6, "link": {"counters": {"missed": {}}}}
    show(dict(result), True)
    assert json.loads(capsys.readouterr().out) == result
