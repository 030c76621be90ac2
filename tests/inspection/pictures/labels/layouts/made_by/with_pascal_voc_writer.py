"""pascal-voc-writer 0.1.4: an XML file beside each picture. OUT is the argument."""

import sys
from pathlib import Path

from pascal_voc_writer import Writer

sys.path.insert(0, str(Path(__file__).parents[1]))
import world

OUT = Path(sys.argv[1])
for name, path in world.write_pictures(OUT / "beside").items():
    writer = Writer(str(path), world.WIDTH, world.HEIGHT)
    for kind in world.PARTS[name]:
        writer.addObject(kind, *world.box(kind))
    writer.save(str(path.with_suffix(".xml")))
