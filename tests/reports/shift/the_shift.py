"""When the shift of these tests ends, which certificate held in it, and what was known of its parts."""

from datetime import timedelta

from inspection.part import Truth
from tests.fakes import certificate
from tests.reports.parts import START

END = START + timedelta(hours=8)
HELD = certificate().ref
DEFECTIVE, GOOD = Truth(defective=True, types=("scratch",)), Truth(defective=False)
