"""Each kind looks like what its name says."""

import cv2
import numpy as np
import pytest

from inspection.levels import Picture
from inspection.simulation.spoiling import Spoiled, spoiled
from tests.inspection.simulation.spoiling.parts import board, machined, plate


def draw(
    good: Picture, kind: str, count: int = 12, sizes: tuple[float, float] = (16.0, 40.0)
) -> list[Spoiled]:
    """Some defects of a kind; at least half of what was asked for."""
    other = np.ascontiguousarray(good[::-1])
    tried = [
        spoiled(good, np.random.default_rng(seed), others=[other], kinds=[kind], sizes=sizes)
        for seed in range(count)
    ]
    made = [one for one in tried if one is not None]
    assert len(made) >= count / 2
    return made


def inside(made: Spoiled, good: Picture) -> bool:
    """Whether the picture's border cuts nothing off."""
    rows, columns = np.nonzero(made.mask)
    height, width = made.mask.shape
    return bool(
        rows.min() > 1 and columns.min() > 1 and rows.max() < height - 2 and columns.max() < width - 2
    )


def aspect(mask: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> float:
    points = cv2.findNonZero(mask)
    assert points is not None
    _, sides, _ = cv2.minAreaRect(points)
    return (max(sides) + 1.0) / (min(sides) + 1.0)


def change(made: Spoiled, good: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    mean: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = (made.picture.astype(np.float64) - good).mean(
        axis=2
    )
    return mean


def gradients(picture: Picture, mask: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> float:
    grey = picture.mean(axis=2)
    near = cv2.dilate(mask, np.ones((5, 5), np.uint8)) > 0
    return float(np.hypot(cv2.Sobel(grey, cv2.CV_64F, 1, 0), cv2.Sobel(grey, cv2.CV_64F, 0, 1))[near].sum())


@pytest.mark.parametrize("good", [plate(1), board(1)], ids=["plate", "board"])
def test_a_scratch_is_thin_and_long(good: Picture) -> None:
    shapes = [made for made in draw(good, "scratch", 20) if inside(made, good)]
    assert np.median([aspect(made.mask) for made in shapes]) > 4.0
    for made in shapes:
        assert np.count_nonzero(made.mask) < 5.0 * made.size_px, "five pixels wide at most"


def test_scratches_are_bright_dark_and_both() -> None:
    good = plate(1, noise=1.0)
    signs = set()
    for made in draw(good, "scratch", 24):
        difference = change(made, good)[made.mask > 0]
        bright, dark = np.count_nonzero(difference > 4), np.count_nonzero(difference < -4)
        signs.add("both" if min(bright, dark) > 0.2 * max(bright, dark) else "bright" if bright else "dark")
    assert signs == {"bright", "dark", "both"}


def test_a_crack_is_thin_dark_and_jagged() -> None:
    good = plate(1, noise=1.5)
    for made in draw(good, "crack", sizes=(30.0, 60.0)):
        difference = change(made, good)
        assert difference[made.mask > 0].mean() < -3.0
        rows, columns = np.nonzero(made.mask)
        box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
        assert np.count_nonzero(made.mask) < max(0.55 * box, 7.0 * made.size_px)


def test_a_stain_is_compact() -> None:
    good = plate(1)
    for made in draw(good, "stain", 20):
        if not inside(made, good):
            continue
        pieces, _ = cv2.findContours(made.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        largest = max(pieces, key=cv2.contourArea)
        assert cv2.contourArea(largest) > 0.5 * cv2.contourArea(cv2.convexHull(largest))
        assert aspect(made.mask) < 4.0


def test_stains_are_darker_brighter_and_rougher() -> None:
    good = plate(1, noise=2.0)
    looks = set()
    for made in draw(good, "stain", 30):
        difference = change(made, good)[made.mask > 0]
        looks.add("rough" if difference.std() > abs(difference.mean()) else float(np.sign(difference.mean())))
    assert looks == {"rough", -1.0, 1.0}


def test_a_dent_has_a_bright_and_a_dark_side_and_as_much_of_each() -> None:
    good = plate(1, noise=1.0)
    for made in draw(good, "dent"):
        if not inside(made, good):
            continue
        difference = change(made, good)
        bright, dark = difference.clip(min=0.0), (-difference).clip(min=0.0)
        assert abs(bright.sum() - dark.sum()) < 0.3 * (bright.sum() + dark.sum())
        y, x = np.mgrid[: good.shape[0], : good.shape[1]]
        middles = [
            np.array([(x * side).sum() / side.sum(), (y * side).sum() / side.sum()])
            for side in (bright, dark)
        ]
        assert np.linalg.norm(middles[0] - middles[1]) > 0.2 * made.size_px, "the light comes from one side"


@pytest.mark.parametrize("good", [machined(1), board(1)], ids=["machined", "board"])
def test_missing_structure_leaves_less_of_it(good: Picture) -> None:
    for made in draw(good, "missing"):
        assert gradients(made.picture, made.mask) < gradients(good, made.mask)


@pytest.mark.parametrize("good", [machined(1), board(1)], ids=["machined", "board"])
def test_doubled_structure_makes_more_of_it(good: Picture) -> None:
    for made in draw(good, "doubled"):
        assert gradients(made.picture, made.mask) > gradients(good, made.mask)


def pieces_of_copper(picture: Picture) -> int:
    count, _ = cv2.connectedComponents((picture[..., 0] == 0).astype(np.uint8))
    return int(count) - 1


def test_a_bridge_joins_two_lines_or_cuts_one() -> None:
    good = board(1)
    before, gaps = pieces_of_copper(good), cv2.connectedComponents(good[..., 0])[0] - 1
    joined = cut = 0
    for made in draw(good, "bridge", 20, (9.0, 20.0)):
        joined += pieces_of_copper(made.picture) < before
        cut += cv2.connectedComponents(made.picture[..., 0])[0] - 1 < gaps
    assert joined
    assert cut


def test_a_bite_lies_at_an_edge() -> None:
    good = board(1)
    edges = cv2.dilate(cv2.Canny(good[..., 0], 100, 200), np.ones((5, 5), np.uint8)) > 0
    made = draw(good, "bite", 20, (5.0, 12.0))
    assert all(np.any(edges[one.mask > 0]) for one in made)
    signs = {float(np.sign(change(one, good)[one.mask > 0].sum())) for one in made}
    assert signs == {-1.0, 1.0}, "bites and spurs"


@pytest.mark.parametrize("kind", ["patch", "pieces", "scar"])
def test_what_is_pasted_has_the_levels_of_a_good_part(kind: str) -> None:
    good = machined(1)
    low, high = good.reshape(-1, 3).min(axis=0), good.reshape(-1, 3).max(axis=0)
    for made in draw(good, kind):
        put = made.picture[made.mask > 0]
        assert np.all(put >= 0.8 * low)
        assert np.all(put <= 1.25 * high + 1)
    on_board = draw(board(1), kind)
    assert all(set(np.unique(made.picture)) <= {0, 255} for made in on_board)


def test_small_pieces_are_several() -> None:
    good = plate(1, level=90.0)
    counts = []
    for seed in range(10):
        made = spoiled(
            good,
            np.random.default_rng(seed),
            others=[plate(2, level=170.0)],
            kinds=["pieces"],
            sizes=(40.0, 70.0),
        )
        if made is not None:
            counts.append(cv2.connectedComponents(made.mask)[0] - 1)
    assert np.median(counts) >= 2


def test_a_smear_wipes_texture_out() -> None:
    good = plate(1, noise=14.0)
    for made in draw(good, "smear"):
        where = cv2.erode(made.mask, np.ones((5, 5), np.uint8)) > 0
        if np.count_nonzero(where) < 30:
            continue
        assert made.picture[where].std() < 0.75 * good[where].std()
        assert abs(change(made, good)[made.mask > 0].mean()) < 4.0


@pytest.mark.parametrize("good", [plate(1, noise=1.5), board(1)], ids=["plate", "board"])
def test_a_pinhole_is_at_most_six_pixels(good: Picture) -> None:
    made = draw(good, "pinhole", 24, (2.0, 60.0))
    for one in made:
        rows, columns = np.nonzero(one.mask)
        # its rim, which a lens spreads over a pixel, is beside it
        assert max(np.ptp(rows), np.ptp(columns)) + 1 <= 6 + 2
        assert np.count_nonzero(one.mask) <= 8.0**2 * np.pi / 4.0
        assert one.size_px <= 6.0
    assert min(one.size_px for one in made) < 3.5
