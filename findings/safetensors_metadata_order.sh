#!/usr/bin/env bash
# safetensors 0.8.0: save() with several metadata keys gives other bytes from process to process, for the same tensors and
# the same metadata: the keys are written in an order that is drawn anew in each process. Whoever names a model or a recipe
# by the SHA-256 of its file sees it change although nothing changed. With one key the bytes are always the same.
#
# Seen on CPython 3.11.7, Linux x86-64, twelve processes each:
#   six metadata keys: 12 different files (how many varies; more than 1)
#   one metadata key: 1 different file
set -euo pipefail
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6 ||
    { echo "the pinned packages cannot be installed"; exit 2; }

cat >"$work/save.py" <<'PYTHON'
import hashlib
import sys

import numpy as np
from safetensors.numpy import save

metadata = {f"key{number}": "value" for number in range(int(sys.argv[1]))}
print(hashlib.sha256(save({"a": np.zeros(4, np.float32)}, metadata=metadata)).hexdigest())
PYTHON
count() { for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do "$work/venv/bin/python" "$work/save.py" "$1"; done | sort -u | wc -l; }
several=$(count 6)
one=$(count 1)
echo "six metadata keys: $several different files"
echo "one metadata key: $one different files"
[ "$several" -gt 1 ] && [ "$one" = 1 ] || { echo "it behaves otherwise than is written here"; exit 1; }
