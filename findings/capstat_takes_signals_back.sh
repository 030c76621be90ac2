#!/usr/bin/env bash
# capstat-core 0.4.3: a run rule's signal at the very start of a control chart is taken back by a later point.
#
# Nelson's rule 5 holds where two of three successive points lie beyond 2 sigma on one side. Of the points 2.5, 2.5, 0 (in sigma)
# capstat signals at index 1, where the second came. Of 2.5, 2.5, 2.5, which begin alike, it signals at index 2 alone: the
# third point has taken the signal at index 1 away. Who reads the chart as the points come stops the line at the second part, and
# the report at the shift's end shows no reason there.
# Passgate tells every point at which a rule holds, here the second and the third (reports/statistics/run_rules.py).
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q capstat-core==0.4.3
cat > "$work/run.py" <<'P'
from capstat_core.control_charts import i_mr_chart
from capstat_core.rules import nelson_rules

found = {}
for sigmas in ((2.5, 2.5, 0.0), (2.5, 2.5, 2.5)):
    chart = i_mr_chart(list(sigmas), center=0.0, sigma=1.0)
    found[sigmas] = [(one.rule, one.point) for one in nelson_rules(chart.location, [5])]
    print(sigmas, found[sigmas])
assert [point for _, point in found[2.5, 2.5, 0.0]] == [1]
assert [point for _, point in found[2.5, 2.5, 2.5]] == [2]
P
"$work/venv/bin/python" "$work/run.py"
echo "as described"
