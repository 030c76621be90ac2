"""Writes one split of a product as pictures, at the memory's working size, for who cannot import Passgate.

Run it with Passgate's own Python: ``PYTHONPATH=. .venv/bin/python tools/export_split.py webbing --out DIR``.
"""

import argparse
import json
from pathlib import Path

import cv2

from models.backbone.features import EfficientNetLite0
from models.benchmarks.products.product import Specimen
from models.benchmarks.products.registry import PRODUCTS
from models.benchmarks.splits import group_split
from models.memory.embedding import resized, working_size
from models.weights.base_weights import EFFICIENTNET_LITE0, verify

ASKED = 100
"""Good pictures to teach from, as ``bench memory`` takes."""


def main() -> None:
    """Export ``teach``, ``good`` and ``bad``, and what the tower gives for the first taught picture."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("product", choices=PRODUCTS)
    asked.add_argument("--seed", type=int, default=500)
    asked.add_argument(
        "--most", type=int, default=100_000, help="pictures to teach, and of each kind to test"
    )
    asked.add_argument("--area", type=int, default=81_920, help="of the working size, square pixels")
    asked.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked.add_argument("--out", type=Path, required=True)
    options = asked.parse_args()
    product = PRODUCTS[options.product]
    if reason := product.missing(options.data):
        raise SystemExit(f"{product.name}: {reason}")
    teach, test = group_split(
        product.specimens(options.data, options.seed), teach_on=min(ASKED, options.most), seed=options.seed
    )
    tower = EfficientNetLite0()
    sizes = [one.read().shape[:2] for one in teach]
    size = working_size(sizes, area_px=options.area, multiple=tower.strides[-1])
    kinds: dict[str, list[Specimen]] = {
        "teach": list(teach),
        "good": [one for one in test if not one.defective][: options.most],
        "bad": [one for one in test if one.defective][: options.most],
    }
    for kind, specimens in kinds.items():
        (options.out / kind).mkdir(parents=True)
        for number, one in enumerate(specimens):
            bgr = cv2.cvtColor(resized(one.read(), *size), cv2.COLOR_RGB2BGR)
            if not cv2.imwrite(str(options.out / kind / f"{number:04}.png"), bgr):
                raise SystemExit(f"{options.out} cannot be written")
    maps = tower.features([resized(teach[0].read(), *size)]).maps
    about = {
        "product": product.name,
        "seed": options.seed,
        "size": size,
        "weights": str(verify(EFFICIENTNET_LITE0)),
        "means": {str(stride): float(layer.mean()) for stride, layer in maps.items()},
    }
    (options.out / "split.json").write_text(json.dumps(about))


if __name__ == "__main__":
    main()
