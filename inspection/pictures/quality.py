"""Is the picture fit to be judged? Pure functions; any fault sends the part to manual review.

The focus measure asks by how much the picture's strongest edges fade when it is blurred once more: a sharp
edge fades much, a blurred one hardly (the re-blur ratio of Zhuo and Sim, "Defocus map estimation from a
single image", Pattern Recognition 44(9), 2011; as a measure for a whole picture compare Crete et al., "The
blur effect", SPIE 6492, 2007). An edge of blur σ has, under Gaussians of σ1 = 1 and σ2 = 2 pixels,
gradients whose squares have the ratio R² = (σ² + 4) / (σ² + 1). The measure is (R² - 1) / 3 over the
strongest edges: 1 / (1 + σ²) on the crest of a lone edge, less on its flanks. Being a ratio it does not
change with contrast or light; and since it looks at the strongest edges of the coarser scale alone, noise
and fine grain hardly count. It is taken for edges along x and along y separately, and the lesser holds, so
that motion blur in one direction shows. What is normal depends on the part: ``teach_limits`` takes it from
good pictures.
"""

import zlib
from collections.abc import Iterable
from enum import StrEnum

import cv2
import numpy as np
from cv2.typing import MatLike

from inspection.decision import Frozen
from inspection.errors import RecipeError
from inspection.levels import BitDepth, RawPicture, top_level
from inspection.messages.codes import Code
from inspection.messages.message import Coded, Sentence, coded
from inspection.messages.telling import say
from inspection.part import Frame
from inspection.pictures import channels
from inspection.recipe import EIGHT_BITS, GreyLevels, QualityLimits

_SATURATED = 250
"""255ths of white from which on a pixel counts as saturated, at any depth."""
_STRONGEST = 0.02
"""Share of pixels whose edges the focus measure looks at."""
_FINE_KERNEL = cv2.getGaussianKernel(7, 1.0, cv2.CV_32F)


class QualityProblem(StrEnum):
    """What can be wrong with a picture."""

    SIZE = "size"
    DEPTH = "depth"
    FROZEN = "frozen"
    BLACK = "black"
    BLOWN_OUT = "blown_out"
    FLAT = "flat"
    BLURRED = "blurred"
    CHANNEL = "channel"


class QualityFault(Frozen):
    """One reason why a picture must not be judged."""

    problem: QualityProblem
    reason: str
    """What is wrong, how much, and what to do about it, in English."""
    coded: Coded = ()
    """What ``reason`` says, for any language."""

    @property
    def sentence(self) -> Sentence:
        """``reason`` with what it says for any language."""
        return Sentence(self.reason, self.coded)


def check(
    frame: Frame, limits: QualityLimits, previous_digest: str | None, *, levels: GreyLevels = EIGHT_BITS
) -> tuple[QualityFault, ...]:
    """Everything that is wrong with ``frame``; empty where it is fit to be judged.

    A picture of the wrong depth or size is not looked at further. A frozen one (bit for bit the one before,
    which a live sensor's noise never gives) is a fault of real cameras only: a folder may hold the same file
    twice, and the simulator renders the same part alike each time.

    Args:
        frame: The picture.
        limits: The recipe's.
        previous_digest: ``digest`` of the picture before from the same camera; None for the first.
        levels: The recipe's.
    """
    if levels.misfit(frame):
        said = say(Code.PICTURE_OTHER_DEPTH, bits=frame.bit_depth, wanted_bits=levels.bit_depth)
        return (_fault(QualityProblem.DEPTH, said),)
    if (wrong := wrong_size(frame.picture, limits)) is not None:
        return (wrong,)
    faults = []
    if not frame.simulated and previous_digest is not None and digest(frame.picture) == previous_digest:
        faults.append(_fault(QualityProblem.FROZEN, say(Code.PICTURE_FROZEN)))
    of_light = _faults_of(cv2.cvtColor(frame.picture, cv2.COLOR_RGB2GRAY), limits, frame.bit_depth)
    return (*faults, *(of_light or _dead_channels(frame, limits)))


def wrong_size(picture: RawPicture, limits: QualityLimits) -> QualityFault | None:
    """The fault of a picture that has not the size that is wanted; None where it has."""
    height, width = picture.shape[:2]
    if limits.size is None or (width, height) == limits.size:
        return None
    wanted = f"{limits.size[0]}x{limits.size[1]}"
    said = say(Code.PICTURE_OTHER_SIZE, size=f"{width}x{height}", wanted=wanted)
    return _fault(QualityProblem.SIZE, said)


def digest(picture: RawPicture) -> str:
    """A short fingerprint, the same for identical pictures alone (CRC-32 and size; under a millisecond).

    One pair of different pictures in four thousand million shares it; such a part goes to review needlessly.
    """
    return f"{picture.shape[1]}x{picture.shape[0]}:{zlib.crc32(np.ascontiguousarray(picture).data):08x}"


def teach_limits(frames: Iterable[Frame]) -> QualityLimits:
    """Limits that the good pictures ``frames`` keep with room to spare.

    Light may fall to half of the darkest or rise to 1.3 times the brightest, contrast fall to half of the
    least. Focus may fall to 0.7 of the least: about what a blur of 1 pixel does to a sharp picture. Each
    colour channel must show a tenth of what it showed where it showed least. Where the good pictures differ
    in size, any size will do.

    Raises:
        RecipeError: There is no picture.
    """
    sizes: set[tuple[int, int]] = set()
    exposures, focuses, shown = [], [], []
    for frame in frames:  # one by one: they may be read from files only now
        sizes.add((frame.picture.shape[1], frame.picture.shape[0]))
        grey = cv2.cvtColor(frame.picture, cv2.COLOR_RGB2GRAY)
        exposures.append(_Exposure.of(grey, frame.bit_depth))
        focuses.append(focus_measure(grey))
        shown.append(channels.contrasts(frame.picture, frame.bit_depth))
    if not exposures:
        raise RecipeError("there is no good picture to teach limits from", todo="give at least one")
    least_mean = min(exposure.mean for exposure in exposures)
    most_mean = max(exposure.mean for exposure in exposures)
    most_saturated = max(exposure.saturated for exposure in exposures)
    return QualityLimits(
        min_mean=0.5 * least_mean,
        max_mean=min(255.0, 1.3 * most_mean),
        max_saturated=min(1.0, 2.0 * most_saturated + 0.05),
        min_contrast=0.5 * min(exposure.contrast for exposure in exposures),
        min_focus=0.7 * min(focuses),
        least_channels=channels.least_of(shown),
        size=sizes.pop() if len(sizes) == 1 else None,
    )


class _Exposure(Frozen):
    """How the grey levels of a picture are spread, in 255ths of white: counted at its own depth."""

    mean: float
    contrast: float
    """Standard deviation."""
    saturated: float
    """Share at 250/255 of white or more."""

    @classmethod
    def of(cls, grey: MatLike, bit_depth: BitDepth) -> "_Exposure":
        bins, white = 1 << bit_depth, top_level(bit_depth)
        counts = cv2.calcHist([grey], [0], None, [bins], [0, bins]).ravel().astype(np.float64)
        shares = counts / counts.sum()
        levels = np.arange(bins) * (255.0 / white)
        mean = float(shares @ levels)
        spread = float(np.sqrt(max(0.0, shares @ (levels - mean) ** 2)))
        return cls(mean=mean, contrast=spread, saturated=float(shares[-(-_SATURATED * white // 255) :].sum()))


def _faults_of(grey: MatLike, limits: QualityLimits, bit_depth: BitDepth) -> list[QualityFault]:
    exposure = _Exposure.of(grey, bit_depth)
    scale = top_level(bit_depth) / 255.0
    if exposure.mean < limits.min_mean:
        said = say(Code.PICTURE_BLACK, mean=scale * exposure.mean, wanted=scale * limits.min_mean)
        return [_fault(QualityProblem.BLACK, said)]
    faults = []
    if exposure.mean > limits.max_mean:
        said = say(Code.PICTURE_BRIGHT, mean=scale * exposure.mean, wanted=scale * limits.max_mean)
        faults.append(_fault(QualityProblem.BLOWN_OUT, said))
    elif exposure.saturated > limits.max_saturated:
        said = say(Code.PICTURE_SATURATED, white=exposure.saturated, wanted=limits.max_saturated)
        faults.append(_fault(QualityProblem.BLOWN_OUT, said))
    if exposure.contrast < limits.min_contrast:
        said = say(Code.PICTURE_FLAT, contrast=scale * exposure.contrast, wanted=scale * limits.min_contrast)
        return [*faults, _fault(QualityProblem.FLAT, said)]
    if limits.min_focus > 0.0 and (focus := focus_measure(grey)) < limits.min_focus:
        faults.append(
            _fault(QualityProblem.BLURRED, say(Code.PICTURE_BLURRED, focus=focus, wanted=limits.min_focus))
        )
    return faults


def _dead_channels(frame: Frame, limits: QualityLimits) -> list[QualityFault]:
    if limits.least_channels is None:
        return []
    found, least = channels.contrasts(frame.picture, frame.bit_depth), limits.least_channels
    said = [
        say(Code.PICTURE_CHANNEL_DEAD, channel=channels.NAMES[one], contrast=found[one], wanted=least[one])
        for one in channels.dead(found, least)
    ]
    return [_fault(QualityProblem.CHANNEL, one) for one in said]


def _fault(problem: QualityProblem, said: Sentence) -> QualityFault:
    return QualityFault(problem=problem, reason=said, coded=coded(said))


def focus_measure(grey: MatLike) -> float:
    """How sharp the strongest edges of a grey picture (H x W) are, from 0 (blurred); see the module's text.

    Around 0.3 for a part well in focus. A picture without any edge gives 0.
    """
    fine = cv2.sepFilter2D(grey, cv2.CV_32F, _FINE_KERNEL, _FINE_KERNEL)
    coarse = cv2.GaussianBlur(fine, (11, 11), np.sqrt(3.0))  # both together: σ = 2
    # Fresh memory for each plane would take as long as the sums.
    planes = (np.empty_like(fine), np.empty_like(fine))
    return min(_edge_sharpness(fine, coarse, planes, dx=dx, dy=dy) for dx, dy in ((1, 0), (0, 1)))


def _edge_sharpness(
    fine: MatLike, coarse: MatLike, planes: tuple[MatLike, MatLike], *, dx: int, dy: int
) -> float:
    """The measure for gradients along x or y: 0 where there is no edge. ``planes`` are overwritten."""
    coarse_energy = cv2.Sobel(coarse, cv2.CV_32F, dx, dy, dst=planes[0], ksize=1)
    cv2.multiply(coarse_energy, coarse_energy, dst=coarse_energy)
    # The threshold comes from each 16th pixel: sorting all of them would take longer than the rest.
    sample = coarse_energy[::4, ::4]
    rank = int((1.0 - _STRONGEST) * sample.size)
    threshold = float(np.partition(sample, rank, axis=None)[rank])
    if threshold <= 0.0:
        return 0.0
    strongest = (coarse_energy >= threshold).view(np.uint8)
    fine_energy = cv2.Sobel(fine, cv2.CV_32F, dx, dy, dst=planes[1], ksize=1)
    cv2.multiply(fine_energy, fine_energy, dst=fine_energy)
    ratio = cv2.mean(fine_energy, strongest)[0] / cv2.mean(coarse_energy, strongest)[0]
    return max(0.0, (ratio - 1.0) / 3.0)
