#!/usr/bin/env bash
# torch 2.13.0, oneDNN: weights of a convolution that were brought into oneDNN's order ahead of time, by
# torch.ops.mkldnn._reorder_convolution_weight without a size of input (as when a module is frozen for pictures of any size),
# fit some sizes of map alone. At others mkldnn::_convolution_pointwise brings them into another order at every call,
# without a word, and for a 1x1 convolution the kernel for that is oneDNN's reference loop ("simple:any"): the call takes
# tens of times as long as with weights that were never ordered. The result is the same.
# Of two maps with nearly as many cells, 9 x 9 and 6 x 14, one is quick and the other is not.
#
# Seen on CPython 3.11.7, Linux x86-64 with AVX-512, one thread (times of one call, in a longer run 7 ms against 0.2 ms):
#   9x9: the order is kept
#   6x14: ordered anew by simple:any, over 5 times as long as with the size given
set -euo pipefail
python=${PYTHON:-python3}
grep -qs avx512f /proc/cpuinfo || { echo "seen with AVX-512 alone, which this processor has not"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.0 ||
    { echo "the pinned packages cannot be installed"; exit 2; }
cat >"$work/order.py" <<'PYTHON'
import sys
import time

import torch

torch.set_num_threads(1)
mkldnn = torch.ops.mkldnn
rows, columns = map(int, sys.argv[1:3])
how = ([0, 0], [1, 1], [1, 1], 1)
weight, bias = torch.randn(192, 1152, 1, 1), torch.randn(192)
x = torch.randn(1, 1152, rows, columns).contiguous(memory_format=torch.channels_last)


def call(ordered):
    return mkldnn._convolution_pointwise(x, ordered, bias, *how, "none", [], "")


def least_ms(ordered):
    took = []
    for _ in range(20):
        start = time.perf_counter()
        call(ordered)
        took.append(time.perf_counter() - start)
    return 1e3 * min(took)


with torch.inference_mode():
    any_size = mkldnn._reorder_convolution_weight(weight, *how, None)
    this_size = mkldnn._reorder_convolution_weight(weight, *how, list(x.shape))
    torch.testing.assert_close(call(any_size), call(this_size), rtol=1e-4, atol=1e-3)
    ratio = least_ms(any_size) / least_ms(this_size)
    with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON):
        call(any_size)
print("RATIO", "over 5 times" if ratio > 5.0 else "under 2 times" if ratio < 2.0 else f"{ratio:.1f} times")
PYTHON
found=""
for size in "9 9" "6 14"; do
    # shellcheck disable=SC2086
    said=$("$work/venv/bin/python" "$work/order.py" $size 2>/dev/null)
    ratio=$(sed -n 's/^RATIO //p' <<<"$said")
    if grep -q ',reorder,simple:any,.*192x1152x1x1' <<<"$said"; then
        found+="${size/ /x}: ordered anew by simple:any, $ratio as long as with the size given"$'\n'
    else
        found+="${size/ /x}: the order is kept, $ratio as long as with the size given"$'\n'
    fi
done
printf '%s' "$found"
expected='9x9: the order is kept, under 2 times as long as with the size given
6x14: ordered anew by simple:any, over 5 times as long as with the size given
'
[ "$found" = "$expected" ] || { echo "changed"; exit 1; }
