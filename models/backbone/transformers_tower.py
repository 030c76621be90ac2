"""Which vision tower a station looks with: one that Passgate knows, or a transformer in a local folder.

A folder is one that transformers wrote: CLIP, SigLIP, DINOv2, or any other vision transformer whose hidden
states are patch tokens. Nothing is fetched.

CLIP: Radford et al., ICML 2021 (arXiv:2103.00020). SigLIP: Zhai et al., ICCV 2023 (arXiv:2303.15343).
DINOv2: Oquab et al., TMLR 2024 (arXiv:2304.07193).
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inspection.errors import WeightsError
from inspection.part import Picture
from models.backbone.features import (
    EfficientNetLite,
    EfficientNetLite0,
    FeatureMaps,
    VisionTower,
    stacked,
)
from models.weights.base_weights import TOWERS, quiet_transformers
from models.weights.local_folder import UNLOADABLE, folder_sha256, not_loadable, whole


def build_tower(tower: str | None) -> VisionTower:
    """The tower by its name in ``base_weights.TOWERS`` or in a folder; for None EfficientNet-Lite0.

    Raises:
        WeightsError: No tower has that name, the folder holds no vision transformer, or the cache does not
            hold the named tower.
    """
    if tower is None:
        return EfficientNetLite0()
    if tower in TOWERS:
        return EfficientNetLite(TOWERS[tower])
    folder = Path(tower)
    if not folder.is_absolute():  # never a folder of whoever started us
        raise WeightsError(
            f"{tower!r} is no folder beside the file that names it, nor a vision tower that Passgate knows "
            f"({', '.join(sorted(TOWERS))})",
            part="the model cannot start, so no part is released on its word",
            todo="name one of these as tower, or a folder with a vision transformer, from that file's on",
        )
    return TransformersTower(folder)


class TransformersTower:
    """A vision transformer of transformers, frozen, float32, on the CPU.

    Its one map has the patches' tokens after half of the layers and after the last layer but one, side by
    side: the first know edges and texture, the second what they belong to. The last layer is tuned to what
    the network was trained to say of the whole picture.
    """

    def __init__(self, folder: Path) -> None:
        """Load it.

        Raises:
            WeightsError: No vision transformer there, or one that is damaged or gives no patch tokens.
        """
        import transformers

        auto: Any = transformers  # its auto classes carry half their types
        if not (folder / "config.json").is_file():
            raise WeightsError(
                f"{folder} is no folder with a vision tower",
                part="the model cannot start, so no part is released on its word",
                todo="give the folder that holds config.json, preprocessor_config.json and the weights",
            )
        try:
            with quiet_transformers():
                config: Any = auto.AutoConfig.from_pretrained(folder, local_files_only=True)
                model = whole(auto.AutoModel, folder, config=config, dtype=torch.float32)
                model = getattr(model, "vision_model", model)  # of a pair with a text tower, the eyes alone
                seen: Any = auto.AutoImageProcessor.from_pretrained(
                    folder, local_files_only=True, backend="pil"
                )
                self._mean = torch.tensor(seen.image_mean).view(3, 1, 1)
                self._deviation = torch.tensor(seen.image_std).view(3, 1, 1)
            self._model = model.eval().requires_grad_(False)
            self._patch = int(model.config.patch_size)
            takes = inspect.signature(model.forward).parameters
            # some must be told to stretch their positions over pictures of any size, others always do
            self._options = {"interpolate_pos_encoding": True} if "interpolate_pos_encoding" in takes else {}
            depth = int(model.config.num_hidden_layers)
            self._layers = (max(depth // 2, 1), max(depth - 1, 1))
            self.name = f"{config.model_type} in {folder.name}"
            self.sha256 = folder_sha256(folder)
            blank = np.zeros((self._patch, 2 * self._patch, 3), np.uint8)
            self._tokens(stacked([blank], multiple=self._patch))
        except UNLOADABLE as error:
            raise not_loadable(folder, error) from error

    @property
    def strides(self) -> tuple[int, ...]:
        """One: the side of a patch in pixels."""
        return (self._patch,)

    def features(self, pictures: Sequence[Picture]) -> FeatureMaps:
        """Run the network once.

        Args:
            pictures: equally large RGB pictures, uint8, (height, width, 3); sides multiples of the stride.

        Returns:
            One map with twice the network's width in channels.

        Raises:
            ValueError: no picture, unequal sizes, another type or number of channels, or other sides.
        """
        return FeatureMaps({self._patch: self._tokens(stacked(pictures, multiple=self._patch))})

    @torch.inference_mode()
    def _tokens(self, pictures: Tensor) -> Tensor:
        """(pictures, 3, height, width), 0…255, to (pictures, channels, rows, columns)."""
        rows, columns = (side // self._patch for side in pictures.shape[-2:])
        output = self._model(
            pixel_values=(pictures / 255.0 - self._mean) / self._deviation,
            output_hidden_states=True,
            **self._options,
        )
        # what comes before the patches (a class token, registers) is about the whole picture
        patches = [output.hidden_states[layer][:, -rows * columns :] for layer in self._layers]
        joined = torch.cat(patches, dim=2)
        if joined.shape[1] != rows * columns:
            raise ValueError(f"it gives {joined.shape[1]} tokens for {rows * columns} patches")
        return joined.transpose(1, 2).reshape(len(joined), -1, rows, columns)
