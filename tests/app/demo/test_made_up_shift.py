"""The shift of the documentation's report."""

from pathlib import Path

from app.demo.made_up_shift import LONG_REASON, SHIFT, STATION, TYPES, made_up_shift
from reports.database.connecting import open_reader
from reports.shift.document.report import shift_report
from reports.shift.examples.thumbnails import NoPicture, thumbnail


def test_everything_happens_in_it(tmp_path: Path) -> None:
    settings = made_up_shift(tmp_path, parts=72)
    reader = open_reader(settings.url)
    report = shift_report(reader, start=SHIFT.start, end=SHIFT.end, shift=SHIFT, station=STATION)
    reader.dispose()
    assert report.summary.final
    assert {row.name for row in report.summary.defects} <= set(TYPES)
    assert LONG_REASON in {event.detail for event in report.events}
    pictures = [thumbnail(one, settings.pictures) for one in report.examples]
    assert {one for one in pictures if isinstance(one, NoPicture)} == {NoPicture.GONE, NoPicture.DAMAGED}
    assert [gauge.name for gauge in report.summary.gauges] == ["pressure", "温度", "vacuum lamp"]
