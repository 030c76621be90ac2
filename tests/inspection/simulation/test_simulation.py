"""The simulated part: its truth is true, and a part looks the same whenever it is asked for."""

import dataclasses
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.decision import Severity
from inspection.simulation import DefectSpec, DefectType, PartSpec, Variation, cover, draw_part, render
from inspection.simulation.defects import draw_defect, extent
from inspection.simulation.dial import draw_dial
from inspection.simulation.spec import HEIGHT, MIN_CONTRAST, MM_PER_PIXEL, WIDTH, severity_of

FLAWED = Variation(defect_rate=1.0)


def drawn(part_id: int, variation: Variation = FLAWED, seed: int = 3) -> PartSpec:
    return draw_part(seed=seed, part_id=part_id, variation=variation, places=cover(variation.label).places)


def grey(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)


def test_a_part_looks_the_same_whatever_was_rendered_before() -> None:
    first = render(drawn(7)).picture
    render(drawn(8))
    assert np.array_equal(render(drawn(7)).picture, first)


def test_parts_and_worlds_differ() -> None:
    pictures = [render(drawn(7)), render(drawn(8)), render(drawn(7, seed=4))]
    assert len({rendering.picture.tobytes() for rendering in pictures}) == 3
    assert pictures[0].picture.shape == (HEIGHT, WIDTH, 3)
    assert pictures[0].picture.dtype == np.uint8


def test_the_defect_rate_changes_nothing_but_the_defects() -> None:
    flawed, good = drawn(7), drawn(7, Variation(defect_rate=0.0))
    assert good.defects == ()
    assert flawed.defects
    assert dataclasses.replace(flawed, defects=()) == good


@given(st.floats(0.05, 0.95))
@settings(max_examples=8)
def test_the_defect_rate_is_kept(rate: float) -> None:
    variation = Variation(defect_rate=rate)
    flawed = sum(bool(drawn(part_id, variation).defects) for part_id in range(600))
    assert abs(flawed / 600 - rate) < 5 * np.sqrt(rate * (1 - rate) / 600)


@pytest.mark.parametrize("part_id", range(25))
def test_box_length_and_mask_agree(part_id: int) -> None:
    spec = drawn(part_id)
    rendering = render(spec)
    assert len(rendering.defects) == len(spec.defects)
    for number, (defect, wanted) in enumerate(zip(rendering.defects, spec.defects, strict=True), 1):
        left, top, width, height = defect.box
        rows, columns = np.nonzero(rendering.mask == number)
        if number == len(spec.defects):  # a later defect may lie on an earlier one
            assert (columns.min(), rows.min()) == (left, top)
            assert (columns.max() - left + 1, rows.max() - top + 1) == (width, height)
        assert defect.length_mm is not None
        longest = np.hypot(width, height) * MM_PER_PIXEL
        assert max(width, height) * MM_PER_PIXEL * 0.99 <= defect.length_mm <= longest + 0.2
        assert defect.severity is severity_of(wanted.type, defect.length_mm)
        assert defect.length_mm <= 1.6 * wanted.size_mm + 2.0


@pytest.mark.parametrize("kind", list(DefectType))
def test_the_faintest_defect_stands_out_from_the_grain(kind: DefectType) -> None:
    """Rendered with and without: what the defect changes exceeds what grain and noise do around it."""
    good = drawn(1, Variation(defect_rate=0.0))
    defect = DefectSpec(
        type=kind, center=(220.0, 110.0), angle=0.6, size_mm=7.0, contrast=MIN_CONTRAST, seed=5
    )
    flawed = render(dataclasses.replace(good, defects=(defect,)))
    change = np.abs(grey(flawed.picture) - grey(render(good).picture))
    inside = change[flawed.mask > 0]
    around = cv2.dilate(flawed.mask, np.ones((25, 25))) == 0
    assert change[around].mean() < 0.1  # nothing else has changed
    plain = grey(render(good).picture)[90:130, 190:250]
    noise = plain - cv2.blur(plain, (41, 1))
    assert np.percentile(inside, 90) > 2.0 * noise.std()


def test_a_stronger_contrast_shows_more() -> None:
    good = drawn(1, Variation(defect_rate=0.0))
    plain = grey(render(good).picture)
    seen = []
    for contrast in (0.15, 0.3, 0.6):
        defect = DefectSpec(
            type=DefectType.STAIN, center=(220.0, 110.0), angle=0.0, size_mm=8.0, contrast=contrast, seed=5
        )
        flawed = render(dataclasses.replace(good, defects=(defect,)))
        seen.append(np.abs(grey(flawed.picture) - plain)[flawed.mask > 0].mean())
    assert seen[0] < seen[1] < seen[2]


def test_defects_stay_on_the_metal() -> None:
    surface = cover(FLAWED.label).surface
    at_a_hole = DefectSpec(
        type=DefectType.STAIN, center=(84.0, 82.0), angle=0.0, size_mm=14.0, contrast=0.5, seed=1
    )
    picture = np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)
    mask = draw_defect(picture, at_a_hole, mm_per_pixel=MM_PER_PIXEL, surface=surface)
    assert mask.any()
    assert not mask[surface == 0].any()
    assert np.all(picture[surface == 0] == 0.5)


def test_a_defect_can_be_put_on_a_photograph_even_at_its_border() -> None:
    photograph = np.full((90, 120, 3), 120.0, np.float32)
    defect = DefectSpec(
        type=DefectType.SCRATCH, center=(118.0, 2.0), angle=0.3, size_mm=20.0, contrast=0.5, seed=2
    )
    mask = draw_defect(photograph, defect, mm_per_pixel=0.5)
    assert mask.any()
    assert np.ptp(photograph) > 20.0
    assert np.all(photograph[50:, :50] == 120.0)


def test_extent_of_a_slanting_line() -> None:
    mask = np.zeros((100, 100), np.uint8)
    cv2.line(mask, (10, 10), (40, 50), 255, 1)  # 30 by 40: 50 long
    box, length_mm = extent(mask, mm_per_pixel=0.1)
    assert box == (10, 10, 31, 41)
    assert length_mm == pytest.approx(5.1, abs=0.15)
    with pytest.raises(ValueError, match="empty"):
        extent(np.zeros((5, 5), np.uint8), mm_per_pixel=0.1)


def needle_reading(picture: np.ndarray, center: tuple[float, float]) -> float:
    """Read the dial by the darkest direction between hub and numbers: not the way the product reads it."""
    angles = np.deg2rad(np.arange(0.0, 360.0, 0.5))
    reach = np.arange(14.0, 30.0)
    x = (center[0] + np.outer(np.cos(angles), reach)).astype(np.float32)
    y = (center[1] + np.outer(np.sin(angles), reach)).astype(np.float32)
    # The counterweight is shorter than this: it ends at 18 of 82.
    rays = cv2.remap(grey(picture), x, y, cv2.INTER_LINEAR)[:, 6:].mean(axis=1)
    dark = np.maximum(rays.max() * 0.7 - rays, 0.0)
    tip = np.angle(np.sum(dark * np.exp(1j * angles)))
    return float((np.rad2deg(tip) - 135.0) % 360.0 / 270.0 * 10.0)


@pytest.mark.parametrize("bar", [0.4, 2.5, 4.2, 7.7, 9.5])
def test_the_dial_shows_its_reading(bar: float) -> None:
    spec = dataclasses.replace(drawn(4, Variation(defect_rate=0.0)), dial_bar=bar)
    rendering = render(spec)
    turned = np.rad2deg(spec.pose.angle) / 27.0  # the part's turn under the camera, in bar
    assert needle_reading(rendering.picture, rendering.dial_center) - turned == pytest.approx(bar, abs=0.08)


def test_the_dial_covers_what_lies_under_it_and_no_more() -> None:
    picture = np.full((220, 220, 3), 0.5, np.float32)
    draw_dial(picture, center=(110.0, 110.0), radius=82.0, bar=5.0)
    y, x = np.mgrid[:220, :220] - 110.0
    assert np.all(picture[np.hypot(x, y) > 84.0] == 0.5)
    assert not np.any(np.all(picture[np.hypot(x, y) < 60.0] == 0.5, axis=1))


def test_motion_blur_smears_along_the_belt_alone() -> None:
    still = dataclasses.replace(drawn(2, Variation(defect_rate=0.0)), motion_blur_px=0.0)
    sharp = grey(render(still).picture)
    blurred = grey(render(dataclasses.replace(still, motion_blur_px=9.0)).picture)
    assert np.abs(np.diff(blurred, axis=1)).mean() < 0.75 * np.abs(np.diff(sharp, axis=1)).mean()
    # The plate's long edges lie along the belt: they stay.
    edge = np.s_[25:45, 200:280]
    assert np.abs(np.diff(blurred[edge], axis=0)).max() > 0.9 * np.abs(np.diff(sharp[edge], axis=0)).max()


def test_the_engraving_follows_the_label() -> None:
    chinese, latin = cover("泵盖 C-204").shade, cover("COVER A").shade
    changed = np.abs(chinese - latin) > 0.05
    rows, columns = np.nonzero(changed)
    assert changed.sum() > 500
    assert rows.min() > 200
    assert rows.max() < 270
    assert columns.max() < 335


def test_light_changes_the_level() -> None:
    spec = drawn(2, Variation(defect_rate=0.0))
    dim = dataclasses.replace(spec, light=dataclasses.replace(spec.light, level=0.5 * spec.light.level))
    assert render(dim).picture.mean() == pytest.approx(0.5 * render(spec).picture.mean(), rel=0.02)


def test_the_light_varies_as_much_as_it_is_told_to() -> None:
    def spread(light: float) -> float:
        parts = [drawn(part_id, Variation(defect_rate=0.0, light=light)) for part_id in range(60)]
        return float(np.std([part.light.level for part in parts]))

    assert spread(0.0) == 0.0
    assert spread(2.0) == pytest.approx(2.0 * spread(1.0))


@pytest.mark.parametrize(
    "wrong",
    [
        {"light": -1.0},
        {"defect_rate": 1.5},
        {"contrast": (0.01, 0.5)},
        {"contrast": (0.5, 0.2)},
        {"dial_bar": (3.0, 12.0)},
    ],
)
def test_a_variation_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        dataclasses.replace(Variation(), **wrong)


def test_cracks_are_never_minor_and_stains_never_critical() -> None:
    assert severity_of(DefectType.CRACK, 0.5) is Severity.MAJOR
    assert severity_of(DefectType.STAIN, 500.0) is Severity.MAJOR
    assert severity_of(DefectType.SCRATCH, 14.2) is Severity.MAJOR
