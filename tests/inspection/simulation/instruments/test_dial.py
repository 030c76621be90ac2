"""What a rendered dial's label says is what its pixels show."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from inspection.simulation.instruments import designs_figures
from inspection.simulation.instruments.designs import DialDesign
from inspection.simulation.instruments.designs_tuning import DIALS
from inspection.simulation.instruments.dial import Shown, housing_box, paint, render_dial
from inspection.simulation.instruments.marks import angle_of, on_ring, share_of, value_at
from inspection.simulation.instruments.scene import SHARE_HIDDEN, Scene, drawn, plain

NAMES = {design.name: design for design in DIALS}


def scene_of(design: DialDesign, seed: int, *, radius_px: float) -> Scene:
    """A scene as they are drawn, with a dial of ``radius_px`` that is no larger than a test can afford."""
    for one in range(1000 * seed, 1000 * seed + 400):
        scene = drawn(np.random.default_rng(one), housing_box(design.housing))
        if abs(scene.view.radius_px / radius_px - 1.0) < 0.15:
            return scene
    raise AssertionError("no such scene")


def seen_direction(design: DialDesign, scene: Scene, value: float) -> float:
    """Direction of the needle on its own plane by the pixels alone: the line through all that it changed."""
    without = paint(design, scene, Shown(None)).astype(float)
    changed = np.abs(paint(design, scene, Shown(value)).astype(float) - without).sum(axis=2)
    back = np.linalg.inv(scene.view.at(scene.needle_height))
    rows, columns = np.nonzero(changed > 30.0)
    placed = np.stack([columns, rows, np.ones(len(rows))], axis=1) @ back.T
    points = placed[:, :2] / placed[:, 2:]
    blade = np.hypot(points[:, 0], points[:, 1]) > 1.4 * design.needle.hub
    towards = points @ on_ring([angle_of(design.scale, value)])[0] > 0.0
    weights = changed[rows, columns][blade & towards]
    points = points[blade & towards]
    sums = np.einsum("n,ni,nj->ij", weights, points, points)
    direction = np.linalg.eigh(sums)[1][:, -1]
    direction *= np.sign(points.mean(axis=0) @ direction)
    return float(np.arctan2(direction[0], -direction[1]))


@pytest.mark.parametrize(
    "name", ["bourdon-10-bar", "voltmeter-300", "vacuum-ccw", "altimeter-dark", "flow-sqrt"]
)
def test_the_needle_points_where_the_label_says(name: str) -> None:
    design = NAMES[name]
    for seed in range(2):
        scene = replace(plain(scene_of(design, seed, radius_px=130.0)), needle_height=0.03 * seed)
        value = value_at(design.scale, 0.23 + 0.5 * seed)
        off = seen_direction(design, scene, value) - angle_of(design.scale, value)
        off = (off + np.pi) % (2 * np.pi) - np.pi
        assert abs(off) < np.deg2rad(0.25), (
            f"{np.rad2deg(off):.3f} degrees at a tilt of {scene.view.tilt_deg:.0f}"
        )


def test_each_mark_lies_on_the_end_of_a_printed_tick() -> None:
    design = NAMES["thermo-bimetal"]
    scene = plain(scene_of(design, 3, radius_px=200.0))
    grey = cv2.cvtColor(paint(design, scene, Shown(None)), cv2.COLOR_RGB2GRAY)
    for value in design.scale.values:
        angle = angle_of(design.scale, value)
        inside, between = on_ring([angle], 0.94)[0], on_ring([angle + np.deg2rad(1.1)], 0.94)[0]
        x, y = np.round(scene.view.project(np.array([inside]))[0]).astype(int)
        elsewhere_x, elsewhere_y = np.round(scene.view.project(np.array([between]))[0]).astype(int)
        assert int(grey[y, x]) + 60 < int(grey[elsewhere_y, elsewhere_x]), value


def test_a_label_is_an_entry_of_labels() -> None:
    picture, label = render_dial(NAMES["bourdon-drag-16"], 4)
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    assert {"file", "center", "marks", "direction", "unit", "reading", "needle"} <= label.keys()
    assert label["needle"] == {"color": "black", "second_needle": {"color": "red"}}
    values = [value for _, _, value in label["marks"]]
    assert values == sorted(values)
    assert values[0] <= label["reading"] <= values[-1]
    height, width = picture.shape[:2]
    assert all(0 <= x < width and 0 <= y < height for x, y, _ in label["marks"])


def test_a_click_misses_by_what_is_stated_and_nothing_else_changes() -> None:
    exact_picture, exact = render_dial(NAMES["bourdon-10-bar"], 5)
    clicked_picture, clicked = render_dial(NAMES["bourdon-10-bar"], 5, click_error_px=1.5)
    assert np.array_equal(exact_picture, clicked_picture)
    assert exact["reading"] == clicked["reading"]
    off = np.subtract(clicked["marks"], exact["marks"])[:, :2]
    assert 0.5 < float(np.sqrt(np.mean(off**2))) < 3.0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_picture() -> None:
    design = NAMES["tacho-black"]
    first, again, other = (render_dial(design, seed)[0] for seed in (7, 7, 8))
    assert first.tobytes() == again.tobytes()
    assert first.shape != other.shape or first.tobytes() != other.tobytes()


def test_a_few_cannot_be_read_by_anybody_and_say_so() -> None:
    box = housing_box(DIALS[0].housing)
    hidden = [drawn(np.random.default_rng(seed), box).hidden for seed in range(2000)]
    share = sum(why != "" for why in hidden) / len(hidden)
    assert 0.5 * SHARE_HIDDEN < share < 1.5 * SHARE_HIDDEN <= 0.03
    assert {"hand", "glare"} < set(hidden)


@pytest.mark.parametrize("hidden", ["hand", "glare"])
def test_what_is_called_hidden_cannot_be_seen(hidden: str) -> None:
    design = NAMES["bourdon-10-bar"]
    scene = replace(plain(scene_of(design, 5, radius_px=90.0)), hidden=hidden)  # type: ignore[arg-type]
    for value in (1.0, 7.0):
        open_scene = replace(scene, hidden="")
        changed = np.abs(
            paint(design, open_scene, Shown(value)).astype(int)
            - paint(design, open_scene, Shown(None)).astype(int)
        )
        covered = paint(design, scene, Shown(value)).astype(int)
        shown = paint(design, open_scene, Shown(value)).astype(int)
        needle = changed.sum(axis=2) > 120
        left = needle & (np.abs(covered - shown).sum(axis=2) < 30)
        assert left.sum() < 0.12 * needle.sum(), f"{left.sum()} of {needle.sum()} pixels show"


def test_a_value_and_its_place_belong_together_on_every_scale() -> None:
    for design in DIALS + designs_figures.DIALS:
        shares = [share_of(design.scale, value) for value in design.scale.values]
        assert shares == sorted(shares), design.name
        assert shares[0] == pytest.approx(0.0, abs=1e-9)
        assert shares[-1] == pytest.approx(1.0)
        for share in (0.1, 0.5, 0.9):
            assert share_of(design.scale, value_at(design.scale, share)) == pytest.approx(share, abs=0.002)


@pytest.mark.slow
@pytest.mark.parametrize("design", designs_figures.DIALS, ids=lambda design: design.name)
def test_each_design_of_the_figures_renders_unseen(design: DialDesign) -> None:
    picture, label = render_dial(design, 0)
    assert picture.size > 0
    assert np.isfinite(label["reading"])
