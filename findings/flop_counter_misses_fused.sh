#!/usr/bin/env bash
# torch 2.13.0: FlopCounterMode counts nothing for a convolution that runs fused (mkldnn::_convolution_pointwise, into
# which torch.compile turns a frozen convolution on a CPU) and nothing for mkldnn::_linear_pointwise. It does not say so:
# the sum is just smaller. The same convolution and the same product, run as they were written, are counted.
# Whoever compares a network before and after freezing it reads that the work is gone.
#
# Seen on CPython 3.11.7, Linux x86-64:
#   convolution: plain 18874368, fused 0
#   linear: plain 8192, fused 0
set -euo pipefail
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.0 ||
    { echo "the pinned packages cannot be installed"; exit 2; }
cat >"$work/count.py" <<'PYTHON'
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode


def counted(run):
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        result = run()
    return counter.get_total_flops(), result


x, weight, bias = torch.randn(1, 8, 128, 128), torch.randn(8, 8, 3, 3), torch.randn(8)
how = ([1, 1], [1, 1], [1, 1], 1)
plain, one = counted(lambda: F.conv2d(x, weight, bias, padding=1))
fused, two = counted(lambda: torch.ops.mkldnn._convolution_pointwise(x, weight, bias, *how, "none", [], ""))
torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-3)
print(f"convolution: plain {plain}, fused {fused}")
x, weight = torch.randn(4, 32), torch.randn(32, 32)
plain, one = counted(lambda: F.linear(x, weight))
fused, two = counted(lambda: torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], ""))
torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-3)
print(f"linear: plain {plain}, fused {fused}")
PYTHON
found=$("$work/venv/bin/python" "$work/count.py" 2>/dev/null)
echo "$found"
expected='convolution: plain 18874368, fused 0
linear: plain 8192, fused 0'
[ "$found" = "$expected" ] || { echo "changed"; exit 1; }
