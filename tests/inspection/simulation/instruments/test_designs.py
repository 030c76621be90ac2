"""The designs of the figures are none of those on which a reader is tuned."""

from inspection.simulation.instruments import designs_figures, designs_tuning


def test_figures_are_made_with_designs_that_nobody_tuned_on() -> None:
    for figure in designs_figures.DIALS:
        for tuned in designs_tuning.DIALS:
            alike = [
                part for part in ("scale", "face", "needle") if getattr(figure, part) == getattr(tuned, part)
            ]
            assert not alike, f"{figure.name} has the {alike} of {tuned.name}"
    layouts = [
        {
            (one.technology, one.ground, one.digits, one.decimals, one.stroke, one.slant_deg)
            for one in displays
        }
        for displays in (designs_figures.DISPLAYS, designs_tuning.DISPLAYS)
    ]
    assert not layouts[0] & layouts[1]


def test_the_lists_are_as_long_and_as_varied_as_the_bars_ask() -> None:
    assert len(designs_figures.DIALS) >= 48
    assert len(designs_figures.DISPLAYS) >= 24
    assert len(designs_tuning.DIALS) >= 24
    for dials in (designs_tuning.DIALS, designs_figures.DIALS):
        scales = [dial.scale for dial in dials]
        assert {scale.direction for scale in scales} == {"cw", "ccw"}
        assert {"linear", "sqrt", "square", "log", "reciprocal", "table"} == {scale.law for scale in scales}
        assert min(scale.sweep_deg for scale in scales) <= 96.0
        assert max(scale.sweep_deg for scale in scales) >= 300.0
        assert sum(dial.drag is not None for dial in dials) >= 3
        assert len({dial.name for dial in dials}) == len(dials)


def test_each_scale_is_one_that_can_be_marked() -> None:
    for dial in designs_tuning.DIALS + designs_figures.DIALS:
        scale = dial.scale
        assert all(low < high for low, high in zip(scale.values, scale.values[1:], strict=False)), dial.name
        assert not scale.shares or len(scale.shares) == len(scale.values), dial.name
        assert bool(scale.shares) == (scale.law == "table"), dial.name
        assert not scale.numerals or len(scale.numerals) == len(scale.values), dial.name
        assert 90.0 <= scale.sweep_deg <= 350.0, dial.name
