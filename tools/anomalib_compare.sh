#!/usr/bin/env bash
# anomalib 2.7 beside Passgate's memory: the same pictures, the same split, the same weights (EfficientNet-Lite0).
#
#   tools/anomalib_compare.sh PRODUCT [SEED] [MOST]
#
# PRODUCT as in `passgate bench memory --products`; SEED of the split (500 if not given); MOST pictures to teach, and as
# many good and bad ones to test (all if not given: an hour). Prints one JSON object a method: AUROC, overkill at 1 %
# escapes, seconds to teach, milliseconds a picture.
#
# anomalib needs torchvision, timm and lightning, which Passgate does not, so it gets a venv of its own, 1.5 GB, in
# ANOMALIB_VENV (a new temporary folder if not set; name one to use it again). From the root of the checkout.
set -euo pipefail
product=${1:?"which product? see passgate bench memory --help"}
seed=${2:-500}
most=${3:-100000}
work=$(mktemp -d)
venv=${ANOMALIB_VENV:-$work/venv}
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    # the versions that were tried together; torch is the one that Passgate pins
    "$venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 torchvision==0.28.0 anomalib==2.7.0
fi
PYTHONPATH=$PWD .venv/bin/python tools/export_split.py "$product" --seed "$seed" --most "$most" --out "$work/split"
OMP_NUM_THREADS=1 MPLCONFIGDIR=$work "$venv/bin/python" tools/anomalib_measure.py "$work/split"
rm -rf "$work/split"
