"""Copies what the tools wrote to ``exports``, with the list ``pictures.json`` in place of the pictures.

Arguments: the folder that has one folder a tool, and ``exports``.
"""

import json
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import world

MASKS = {"ground_truth", "segmentationclass", "segmentationobject"}
made, kept = Path(sys.argv[1]), Path(sys.argv[2])
for case in sorted(made.glob("*/*")):
    if not case.is_dir() or case.name == "source" or case.parent.name.endswith("-env"):
        continue
    shown = {}
    for path in sorted(one for one in case.rglob("*") if one.is_file()):
        inside = path.relative_to(case)
        if (
            path.stem in world.PARTS
            and path.suffix == ".jpg"
            and not MASKS & {p.lower() for p in inside.parts}
        ):
            shown[inside.as_posix()] = path.stem
            continue
        target = kept / case.parent.name / case.name / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    (kept / case.parent.name / case.name / "pictures.json").write_text(json.dumps(shown, indent=1) + "\n")
