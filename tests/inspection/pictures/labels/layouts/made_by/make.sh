#!/usr/bin/env bash
# Makes tests/inspection/pictures/labels/layouts/exports anew with the tools' own libraries: each in an environment of its own below a
# temporary folder, none of it in Passgate's. Pictures are not kept, only which part each shows (pictures.json).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exports=$here/../exports
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make() {  # tool, how to install it
    python3 -m venv "$work/$1-env"
    "$work/$1-env/bin/pip" install -q "${@:2}"
    mkdir "$work/$1"
    "$work/$1-env/bin/python" "$here/with_$1.py" "$work/$1"
}
make supervision supervision==0.31.2 opencv-python-headless==5.0.0.93
make datumaro datumaro==1.13.12
make pycocotools pycocotools==2.0.11 pillow
make pascal_voc_writer pascal-voc-writer==0.1.4 numpy pillow
# labelme's package needs Qt and onnxruntime; its LabelFile does not.
make labelme --no-deps labelme==6.3.1 numpy==2.4.6 pillow==13.0.0 loguru==0.7.3 tifffile==2026.3.3 imgviz==2.1.0
rm -rf "$exports"
"$work/supervision-env/bin/python" "$here/keep.py" "$work" "$exports"
