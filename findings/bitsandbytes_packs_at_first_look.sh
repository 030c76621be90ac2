#!/usr/bin/env bash
# A 4-bit layer of bitsandbytes changes at its first look on a CPU.
#
# Seen with     bitsandbytes 0.50.2 (PyPI), torch 2.13.0 (CPU build), Python 3.11, Linux, a CPU with AVX512-BF16, November 2026.
# The question  An NF4 layer with double quantization and compute_dtype float32 is asked once, without gradients.
# Behaviour     Linear4bit.forward packs the weights for a fast kernel: their scales are rounded to bfloat16, so 19 of 20
#               weights change, and everything is computed in bfloat16 from then on, whatever compute_dtype says.
#               state_dict() afterwards undoes the packing in place, from the rounded scales, which are quantized again.
#               A layer that was packed is used packed in training too, and no gradient goes through it: its input's
#               gradient is None, without an error. With compute_dtype bfloat16 it is the same, but for the surprise.
#               On a CPU without AVX512-BF16 nothing of this happens, so results depend on the machine.
# Why it hurts  A model that is measured and then saved is not the one that was loaded; what is trained after a look
#               learns less, in silence.
# What we do    models/language/base.py, hold_weights: support_avx512bf16_for_cpu = False on each layer, where float32 is asked
#               for and where a model is trained. An adapter is saved without asking the base for its state.
#
# Output seen:
#   bitsandbytes 0.50.2, AVX512-BF16
#   one look: dtype of the weights torch.float32 -> torch.bfloat16, relative error of the output 3.1e-03
#   saved after it: 95.7 % of the weights changed, by up to 0.32 %
#   trained after it: the input has a gradient: False
#   held (support_avx512bf16_for_cpu = False): relative error 0.0e+00, 0.0 % changed, the input has a gradient: True
#
# usage: findings/bitsandbytes_packs_at_first_look.sh
# Exit code 0: as described; 1: it has changed; 2: it could not be run (also: this CPU has no AVX512-BF16).
set -u
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
{ python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    torch==2.13.0 bitsandbytes==0.50.2; } ||
    { echo "the pinned packages cannot be installed"; exit 2; }
cat >"$work/look.py" <<'PY'
import logging
import sys
import warnings

logging.disable(logging.WARNING)  # that an optional package of faster kernels is absent
warnings.simplefilter("ignore")
import bitsandbytes
import torch
from bitsandbytes.functional import dequantize_4bit, has_avx512bf16
from bitsandbytes.nn import Linear4bit

if not has_avx512bf16():
    print("this CPU has no AVX512-BF16")
    sys.exit(2)
print(f"bitsandbytes {bitsandbytes.__version__}, AVX512-BF16")


def layer():
    torch.manual_seed(0)
    plain = torch.nn.Linear(512, 256, bias=False)
    made = Linear4bit(512, 256, bias=False, compute_dtype=torch.float32, quant_type="nf4")
    made.load_state_dict(plain.state_dict())
    return made.to("cpu").eval()


def weights(of):
    return dequantize_4bit(of.weight.data, of.weight.quant_state)


def look(at):
    """Error of one look, relative to the largest output; then share and size of changes after saving."""
    before, dtype, shown = weights(at), at.weight.quant_state.dtype, torch.randn(4, 512)
    exact = shown @ before.T
    with torch.no_grad():
        error = float((at(shown) - exact).abs().max() / exact.abs().max())
    packed = at.weight.quant_state.dtype
    at.state_dict()
    moved = (weights(at) - before).abs()
    there = before != 0
    return dtype, packed, error, float((moved > 0).float().mean()), float((moved[there] / before[there].abs()).max())


def has_gradient(at):
    with torch.no_grad():
        at.eval()(torch.randn(4, 512))
    shown = torch.randn(4, 512, requires_grad=True)
    at.train()(shown).sum().backward()
    return shown.grad is not None


dtype, packed, error, share, most = look(layer())
print(f"one look: dtype of the weights {dtype} -> {packed}, relative error of the output {error:.1e}")
print(f"saved after it: {share:.1%} of the weights changed, by up to {most:.2%}".replace("%", " %"))
gradient = has_gradient(layer())
print(f"trained after it: the input has a gradient: {gradient}")
held = layer()
held.support_avx512bf16_for_cpu = False
_, _, held_error, held_share, _ = look(held)
held_gradient = has_gradient(held)
print(
    f"held (support_avx512bf16_for_cpu = False): relative error {held_error:.1e}, "
    f"{held_share:.1%} changed, the input has a gradient: {held_gradient}".replace("%", " %")
)
described = packed is torch.bfloat16 and error > 1e-3 and share > 0.9 and most > 1e-3 and not gradient
if not (described and held_error < 1e-5 and held_share == 0 and held_gradient):
    print("this has changed")
    sys.exit(1)
PY
timeout 120 "$work/venv/bin/python" "$work/look.py"
code=$?
[ "$code" -le 1 ] && exit "$code"
exit 2
