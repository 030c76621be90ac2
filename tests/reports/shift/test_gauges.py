"""What gauges read in a shift: how often, and a capability that is the parts' and not the measurement's."""

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from sqlalchemy import Engine

from inspection.decision import GaugeReading
from inspection.instruments.reading import InstrumentKind, Unreadable
from inspection.part import Inspection, MissedCause, Truth
from reports.record.parts_chain import part_json
from reports.settings import StoreSettings
from reports.shift.as_csv import to_csv
from reports.shift.as_table import to_table
from reports.shift.figures import shift_summary
from reports.shift.gauges import GaugeFigures, capability, gauge_figures
from reports.store.store import SqlStore
from reports.store.waiting import read_waiting
from tests.reports.gauged import gauged, pressure
from tests.reports.parts import START, part
from tests.reports.shift.the_shift import END
from tests.reports.stores import locked


def figures_of(*parts: Inspection) -> tuple[GaugeFigures, ...]:
    return gauge_figures(part_json(one) for one in parts)


def test_what_was_read_what_was_not_and_why_and_what_lay_outside() -> None:
    lamp = GaugeReading(
        name="ready", kind=InstrumentKind.LAMP, value=1.0, unit="", in_range=True, text="green"
    )
    readings = [(pressure(value), lamp) for value in (4.0, 4.5, None, 5.5)]
    dial, ready = figures_of(*(gauged(n, *each) for n, each in enumerate(readings, 1)), part(9))
    assert (dial.name, dial.unit, dial.low, dial.high) == ("pressure", "bar", 3.0, 5.0)
    assert (dial.parts, dial.read, dial.unreadable, dial.outside) == (4, 3, {Unreadable.GLARE: 1}, 1)
    assert dial.mean == pytest.approx(14.0 / 3)
    assert dial.s == pytest.approx(math.sqrt(7.0 / 12))
    assert (dial.median_u, dial.capability) == (0.04, None)
    assert (ready.read, ready.mean, ready.capability) == (4, None, None)


def test_limits_that_changed_in_the_shift_have_figures_of_their_own() -> None:
    found = figures_of(gauged(1, pressure(4.0)), gauged(2, pressure(4.0, high=4.8)), gauged(3, pressure(4.1)))
    assert [(one.high, one.parts) for one in found] == [(5.0, 2), (4.8, 1)]


def test_readings_are_held_against_the_truth_where_it_is_known() -> None:
    def known(number: int, value: float | None, true: float) -> Inspection:
        return gauged(number, pressure(value), truth=Truth(defective=False, readings={"pressure": true}))

    (dial,) = figures_of(
        known(1, 4.0, 4.07), known(2, 4.0, 4.1), known(3, None, 4.0), gauged(4, pressure(4.0))
    )
    assert dial.trueness is not None
    assert (dial.trueness.readings, dial.trueness.within_2u) == (2, 0.5)
    assert dial.trueness.worst_error == pytest.approx(0.1)


@given(
    seed=st.integers(0, 10_000),
    own=st.floats(0.02, 0.5),
    noise=st.floats(0.0, 0.7),
    aside=st.floats(-0.5, 0.5),
    drift=st.sampled_from([0.0, 0.001]),
)
def test_cpk_is_that_of_the_parts_whatever_the_measurement_adds(
    seed: int, own: float, noise: float, aside: float, drift: float
) -> None:
    """800 parts of known spread, measured with a known uncertainty: within some standard errors."""
    n, u = 800, noise * own
    random = np.random.default_rng(seed)
    true = 4.0 + aside + drift * own * np.arange(n) + own * random.standard_normal(n)
    measured = true + u * random.standard_normal(n)
    found = capability(list(map(float, measured)), [u] * n, low=3.0, high=5.0)
    expected = (1.0 - abs(float(true.mean()) - 4.0)) / (3.0 * own)
    assert found.cpk is not None
    relative = 1.5 * (1.0 + noise**2) * math.sqrt(3.0 / n) + 3.0 / math.sqrt(n) * own / (
        3.0 * own * abs(expected)
    )
    assert found.cpk == pytest.approx(expected, rel=1.5 * relative, abs=1e-9)
    assert found.cpk_measured is not None
    assert found.cpk_measured * np.sign(expected) <= found.cpk * np.sign(expected) + 1e-12


def test_where_the_measurement_hides_the_parts_spread_no_cpk_is_made_up() -> None:
    random = np.random.default_rng(1)
    measured = [float(value) for value in 4.0 + 0.1 * random.standard_normal(60)]
    for u in (0.09, 0.1, 0.2):
        found = capability(measured, [u] * 60, low=3.0, high=5.0)
        assert found.cpk is None
        assert found.ppk is not None
    alike = capability([4.0] * 40, [0.0] * 40, low=3.0, high=5.0)
    assert (alike.pp, alike.ppk, alike.cpk_measured, alike.cpk) == (None, None, None, None)


def test_a_limit_on_one_side_has_ppk_and_cpk_but_no_pp() -> None:
    random = np.random.default_rng(2)
    measured = [float(value) for value in 4.0 + 0.1 * random.standard_normal(60)]
    low, none = (capability(measured, [0.01] * 60, low=low, high=None) for low in (3.0, None))
    assert (low.pp, none.pp, none.ppk, none.cpk) == (None, None, None, None)
    assert low.ppk == pytest.approx(10.0 / 3, rel=0.3)
    assert low.cpk == pytest.approx(10.0 / 3, rel=0.3)


def test_report_table_and_csv_show_gauges_and_names_with_what_waits_in_the_spool(
    store: SqlStore, reader: Engine, settings: StoreSettings
) -> None:
    for number in range(1, 32):
        store.append(gauged(number, pressure(4.0 + 0.1 * (number % 3)), serial=f"SN{number:04}", lot="L7"))
    store.append(part(40, missed=MissedCause.GAP, published=False))
    with locked(settings, store):
        store.append(gauged(41, pressure(None)))
    waiting = read_waiting(settings)
    summary = shift_summary(reader, start=START, end=END, waiting=waiting)
    (dial,) = summary.gauges
    assert (dial.parts, dial.read) == (32, 31)
    assert dial.capability is not None
    printed = io.StringIO()
    Console(file=printed, width=110).print(to_table(summary))
    for expected in (
        "gauge pressure, 3 to 5 bar",
        "31 of 32 read",
        "unreadable: glare",
        "Pp / Ppk",
        "of the parts",
    ):
        assert expected in printed.getvalue()


def test_the_table_says_of_lamps_and_codes_what_they_are(
    store: SqlStore, reader: Engine, settings: StoreSettings
) -> None:
    lamp = GaugeReading(name="ready", kind=InstrumentKind.LAMP, value=1, low=1, unit="", in_range=True)
    code = GaugeReading(name="id", kind=InstrumentKind.CODE, value=None, unit="", in_range=False, text="X1")
    store.append(gauged(1, lamp, code))
    printed = io.StringIO()
    Console(file=printed, width=110).print(to_table(shift_summary(reader, start=START, end=END)))
    assert "gauge ready, lit or blinking " in printed.getvalue()
    assert printed.getvalue().count("not as wanted") == 2
    assert "outside its limits" not in printed.getvalue()


def test_csv_has_names_and_readings_with_the_wanted_decimal_mark() -> None:
    code = GaugeReading(name="id", kind=InstrumentKind.CODE, value=None, unit="", in_range=True, text="=SN1")
    lamp = GaugeReading(name="ready", kind=InstrumentKind.LAMP, value=1, unit="", in_range=True, text="green")
    parts = [
        gauged(1, pressure(4.25), code, lamp, serial="=SN1", lot="L7"),
        gauged(2, pressure(None)),
        part(3),
    ]
    text = to_csv(parts, separator=";", decimal=",").decode("utf-8-sig")
    one, two, three = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    assert (one["serial"], one["lot"]) == ("'=SN1", "L7")
    assert one["gauges"] == "pressure=4,250±0,040 bar; id==SN1; ready=lit green"
    assert two["gauges"] == "pressure=unreadable (glare)"
    assert (three["gauges"], three["serial"]) == ("", "")
