"""Measures anomalib's models on a split that ``export_split.py`` wrote; run it with anomalib's own Python.

Of anomalib's models those are taken that need no download and no hours on a CPU: PatchCore and PaDiM, as
their torch modules are, in anomalib's settings, on Passgate's EfficientNet-Lite0, strides 8 and 16.
EfficientAD needs a teacher and ImageNette from the network.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from sklearn.metrics import roc_auc_score

BACKBONE = "tf_efficientnet_lite0"
LAYERS = {"blocks.2": "8", "blocks.4": "16"}
"""timm's names of the stages that Passgate's tower gives, and their strides."""
STAGES = (1, 2, 2, 3, 3, 4, 1)
CORESET = 0.1
PADIM_FEATURES = 100
"""As anomalib takes for ResNet-18; it has no default for this backbone."""
_KEPT: list[Any] = []
"""What is declared lives as long as its library."""


def main() -> None:
    """Print one JSON object a method."""
    torch.set_num_threads(1)
    _declare_what_torchvision_lacks()
    from anomalib.models.image.padim.torch_model import PadimModel
    from anomalib.models.image.patchcore.torch_model import PatchcoreModel

    split = Path(sys.argv[1])
    about = json.loads((split / "split.json").read_text())
    pictures = {
        kind: [_read(path) for path in sorted((split / kind).iterdir())] for kind in ("teach", "good", "bad")
    }
    methods = {
        "PatchCore": lambda: PatchcoreModel(layers=list(LAYERS), backbone=BACKBONE, pre_trained=False),
        "PaDiM": lambda: PadimModel(
            layers=list(LAYERS), backbone=BACKBONE, pre_trained=False, n_features=PADIM_FEATURES
        ),
    }
    for name, make in methods.items():
        model = make()
        _load(model, Path(about["weights"]))
        _refuse_other_features(model, pictures["teach"][0], about["means"])
        print(
            json.dumps({"method": f"anomalib {name}", **_head(about), **_measured(model, pictures)}),
            flush=True,
        )


def _declare_what_torchvision_lacks() -> None:
    """Let torchvision be imported beside a CPU-only torch.

    Its kernels, built for CUDA, do not load there, and its import fails over two of them, which nobody calls.
    """
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _KEPT.append(library)


def _measured(model: Any, pictures: dict[str, list[torch.Tensor]]) -> dict[str, Any]:
    start = time.perf_counter()
    model.train()
    model.feature_extractor.eval()
    with torch.no_grad():
        for picture in pictures["teach"]:
            model(picture)
        if hasattr(model, "subsample_embedding"):  # PatchCore's
            model.subsample_embedding(CORESET)
        else:
            model.fit()
    teach_s = time.perf_counter() - start
    model.eval()
    scores: dict[str, list[float]] = {"good": [], "bad": []}
    times_ms = []
    with torch.no_grad():
        for kind, of_kind in scores.items():
            for picture in pictures[kind]:
                start = time.perf_counter()
                of_kind.append(float(model(picture).pred_score))
                times_ms.append(1e3 * (time.perf_counter() - start))
    good, bad = np.array(scores["good"]), np.sort(scores["bad"])
    truth = [0] * len(good) + [1] * len(bad)
    return {
        "taught": len(pictures["teach"]),
        "good": len(good),
        "defective": len(bad),
        "auroc": float(roc_auc_score(truth, [*good, *bad])),
        "overkill_at_1_percent_escape": float((good >= bad[int(0.01 * len(bad))]).mean()),
        "teach_s": teach_s,
        "assess_p50_ms": float(np.percentile(times_ms, 50)),
        "assess_p95_ms": float(np.percentile(times_ms, 95)),
    }


def _head(about: dict[str, Any]) -> dict[str, Any]:
    return {key: about[key] for key in ("product", "seed", "size")}


def _read(path: Path) -> torch.Tensor:
    """(1, 3, height, width), scaled as Passgate's tower scales it."""
    levels = np.asarray(Image.open(path).convert("RGB"), np.float32)
    return torch.from_numpy((levels - 127.0) / 128.0).permute(2, 0, 1)[None].contiguous()


def _load(model: Any, weights: Path) -> None:
    """Put Passgate's weights into timm's network, name by name; what features need must all be there."""
    network = model.feature_extractor.feature_extractor
    wanted = network.state_dict()
    renamed = {_timm_name(name): tensor for name, tensor in load_file(weights).items()}
    missing = [name for name in wanted if name not in renamed and not name.endswith("num_batches_tracked")]
    if missing:
        raise SystemExit(f"weights lack {missing[:5]}")
    network.load_state_dict({name: renamed[name] for name in wanted if name in renamed}, strict=False)


def _timm_name(name: str) -> str:
    if not name.startswith("_blocks."):
        return name.replace("_conv_stem", "conv_stem").replace("_bn0", "bn1")
    _, number, layer, rest = name.split(".", 3)
    stage, block = 0, int(number)
    while block >= STAGES[stage]:
        block -= STAGES[stage]
        stage += 1
    plain = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    wide = {
        "_expand_conv": "conv_pw",
        "_bn0": "bn1",
        "_depthwise_conv": "conv_dw",
        "_bn1": "bn2",
        "_project_conv": "conv_pwl",
        "_bn2": "bn3",
    }
    return f"blocks.{stage}.{block}.{(wide if stage else plain)[layer]}.{rest}"


def _refuse_other_features(model: Any, picture: torch.Tensor, means: dict[str, float]) -> None:
    """The network must give what Passgate's tower gives for that picture, or it is not the same weights."""
    model.feature_extractor.eval()
    with torch.no_grad():
        found = model.feature_extractor(picture)
    for layer, stride in LAYERS.items():
        mean = float(found[layer].mean())
        if abs(mean - means[stride]) > 1e-3 * max(1.0, abs(means[stride])):
            raise SystemExit(f"{layer} gives {mean:.5f} on average, Passgate's tower {means[stride]:.5f}")


if __name__ == "__main__":
    main()
