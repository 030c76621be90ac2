"""A report that was signed is read again for years, as it was."""

import json

from reports.shift.document.report import ShiftReport
from reports.shift.signing.signed_report import read_back, text_in, text_of, to_json


def test_a_report_reads_back_as_it_was_and_its_file_says_what_is_signed(report: ShiftReport) -> None:
    text = text_of(report)
    assert read_back(text, None) == report
    assert text_in(json.loads(to_json(report))) == text
