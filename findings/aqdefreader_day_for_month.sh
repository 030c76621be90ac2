#!/usr/bin/env bash
# aqdefreader 1.3.0: dates of a Q-DAS file (AQDEF, .dfq) lose their day to the month, and numbers with a point stay text.
#
# AQDEF writes 02.03.2026 for the second of March ("the most common format", Hexagon's "Defined contents K00xx"). aqdefreader
# hands it to dateutil, whose default is the month first: the third of February comes back, and of the 13th of March the right day,
# so that days of one file are mixed. Values in K-fields (K0001/1 4.21) come as numbers only with a comma or without decimals; with the
# point they come as text, and sort and compare as text. Batch, part and text of a value in K-fields (K0006, K0014, K0009) are
# dropped. It needs chardet and pandas, and names neither as its dependency.
# Passgate's own file is read with it in a test (tests/reports/shift/test_as_dfq.py), which compares values, not days.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q aqdefreader==1.3.0 chardet==7.7.0 pandas==3.1.1
cat > "$work/run.py" <<'P'
from aqdefreader.file import DfqFile

lines = ["K0100 1", "K1001/1 part", "K2001/1 length", "K2002/1 length"]
for value, date in (("4.21", "02.03.2026/06:00:00"), ("4,21", "13.03.2026/06:00:00")):
    lines += [f"K0001/1 {value}", "K0002/1 0", f"K0004/1 {date}", "K0006/1 #L7", "K0014/1 SN1"]
(part,) = DfqFile(lines).get_parts()
first, second = part.get_characteristics()[0].get_measurements()
print(first.value, first.datetime, first.batch_no, second.value, second.datetime)
assert (first.datetime.day, first.datetime.month) == (3, 2)
assert (second.datetime.day, second.datetime.month) == (13, 3)
assert (first.value, second.value) == ("4.21", 4.21)
assert first.batch_no is None
P
"$work/venv/bin/python" "$work/run.py"
echo "as described"
