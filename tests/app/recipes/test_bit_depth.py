"""Parts seen with 12 bits, from teaching to the decision: taught once, judged at that depth and no other."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from app.recipes.inspecting import inspect_files
from app.recipes.library import RecipeLibrary
from app.recipes.teaching import plan, teach_folder
from app.settings.station import InspectorKind, ModelTable
from inspection.cameras import FolderSettings, make_camera
from inspection.errors import CameraError
from inspection.levels import BitDepth, to_8_bits
from inspection.pictures.copies import pixels_sha256
from inspection.pictures.decoding.decoding import read_archived, read_picture
from inspection.pictures.labels.files import picture_files
from inspection.recipe import GreyLevels
from models.training.adapting.labelled import read_example
from models.training.data.photographs import Photograph
from reports.pictures.archive import encode
from tests.app.pictures import bgr
from tests.app.running import Passgate, assert_one_line

SHARED = Path(__file__).parents[4] / "shared"
CASES = SHARED / "cases"
GOOD, SPOT = CASES / "mono12_in_16bit_good.png", CASES / "mono12_in_16bit_spot_escapes.png"
PARTS = 16
DEPTHS: tuple[BitDepth, ...] = (8, 12)


def ring(number: int) -> np.ndarray:
    """A turned ring as Mono12 sees it, in other light and a little off each time."""
    random = np.random.default_rng(number)
    y, x = np.mgrid[:240, :320]
    radius = np.hypot(y - 118.5 - random.uniform(-1.5, 1.5), x - 160 - random.uniform(-1.5, 1.5))
    levels = np.full((240, 320), 1400 + random.normal(0, 30))
    levels[radius < 95] = (2247 + 62 * np.sin((radius - 36) * (2 * np.pi / 19.5)))[radius < 95]
    levels[radius < 35] = 963
    return np.rint(levels + random.normal(0, 24, levels.shape)).clip(0, 4095).astype(np.uint16)


def write(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imencode(".png", picture)[1].tofile(path)


@pytest.fixture(scope="module")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rings")
    for number in range(PARTS):
        write(folder / f"{number:02}.png", ring(number))
    return folder


def test_without_a_stated_depth_nothing_is_taught_and_the_option_is_named(
    rings: Path, home: Path, passgate: Passgate
) -> None:
    said = passgate("recipe", "teach", "--quick", "ring", "--good", rings)
    assert_one_line(said, r"16 bits a channel.*looks like 12 bit.*recipe teach --bit-depth")
    assert not (home / "recipes" / "ring").exists()
    said = passgate("recipe", "teach", "--quick", "ring", "--good", rings, "--bit-depth", 10)
    assert_one_line(said, r"above the 1,023 of the 10 bits.*looks like 12 bit")
    assert passgate("recipe", "teach", "--quick", "ring", "--good", rings, "--bit-depth", 11).code == 2


def test_labelled_pictures_are_judged_in_8_bits_and_remembered_as_they_are(rings: Path) -> None:
    path = rings / "03.png"
    one = read_example(Photograph(path=path, group="a"), GreyLevels(bit_depth=12))
    raw = read_picture(path, bit_depth=12)
    assert np.array_equal(one.picture, to_8_bits(raw, bit_depth=12))
    assert one.sha256 == pixels_sha256(raw), "as teaching, evaluating and certifying know it"
    with pytest.raises(CameraError, match="no such depth is stated"):
        read_example(Photograph(path=path, group="a"))


def test_what_a_recipe_of_12_bits_learned_from_is_known_again(rings: Path, tmp_path: Path) -> None:
    library = RecipeLibrary(tmp_path / "recipes")
    library.save(teach_folder(plan("ring", library=library, bit_depth=12), rings))
    learned = library.learned_from("ring")
    assert learned.among([pixels_sha256(read_picture(rings / "03.png", bit_depth=12))]) == 1
    assert library.recipe("ring").levels == GreyLevels(bit_depth=12)


def test_a_folder_camera_gives_frames_of_its_depth_and_refuses_others(rings: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(rings, tmp_path / "line"))
    write(folder / "00.png", (ring(0) >> 4).astype(np.uint8))
    camera = make_camera(FolderSettings.model_validate({"directory": folder, "bit_depth": "12"}))
    camera.open()
    try:
        with pytest.raises(CameraError, match=r"8 bits a channel, and 12 bits are stated.*not released"):
            camera.capture(1)
        frame = camera.capture(2)
    finally:
        camera.close()
    assert (frame.bit_depth, frame.picture.dtype) == (12, np.dtype(np.uint16))
    assert np.array_equal(frame.picture[..., 1], ring(1))
    with pytest.raises(ValidationError):
        FolderSettings.model_validate({"directory": folder, "bit_depth": 11})


def test_a_picture_of_the_archive_that_says_its_depth_teaches_in_8_bits(tmp_path: Path) -> None:
    raw = np.dstack([ring(1)] * 3)
    path = tmp_path / "kept.png"
    path.write_bytes(encode(raw, bit_depth=12))
    assert np.array_equal(read_archived(path), to_8_bits(raw, bit_depth=12))
    write(path, ring(1))
    with pytest.raises(CameraError, match="no such depth is stated"):
        read_archived(path)


@pytest.mark.slow
@pytest.mark.skipif(not GOOD.is_file(), reason="the shared cases are not here")
@pytest.mark.soak
def test_the_spot_that_8_grey_levels_hid_is_found(
    rings: Path, home: Path, passgate: Passgate, tmp_path: Path
) -> None:
    said = passgate("recipe", "teach", "--quick", "ring", "--good", rings, "--bit-depth", 12, "--json")
    assert json.loads(said.out)["bit_depth"] == 12
    shown = json.loads(passgate("recipe", "show", "ring", "--json").out)
    assert shown["levels"] == {"bit_depth": 12, "to_8_bits": "linear"}

    said = passgate("inspect", GOOD, SPOT, "--recipe", "ring", "--annotate", tmp_path / "drawn", "--json")
    good, spot = json.loads(said.out)["decisions"]
    assert good["action"] == "pass"
    assert spot["action"] == "rework" or spot["action"] == "stop"
    x, y, width, height = spot["defects"][0]["box"]
    assert x <= 159 <= x + width
    assert y <= 53 <= y + height
    drawn = bgr(tmp_path / "drawn" / f"{GOOD.stem}.png")
    assert drawn.dtype == np.uint8
    assert abs(int(drawn[5, 5, 0]) - 1387 * 255 / 4095) < 8

    # the same light in 8 bits, and in 14, is another camera
    eight = tmp_path / "eight.png"
    write(eight, np.rint(bgr(GOOD, cv2.IMREAD_UNCHANGED) * (255 / 4095)).astype(np.uint8))
    assert_one_line(
        passgate("inspect", eight, "--recipe", "ring"), "8 bits a channel, and 12 bits are stated"
    )
    fourteen = tmp_path / "fourteen.png"
    write(fourteen, bgr(GOOD, cv2.IMREAD_UNCHANGED) * 4)
    assert_one_line(passgate("inspect", fourteen, "--recipe", "ring"), "above the 4,095 of the 12 bits")

    # taught again, the depth stays; another is a new version
    again = json.loads(passgate("recipe", "teach", "--quick", "ring", "--good", rings, "--json").out)
    assert (again["version"], again["bit_depth"]) == (2, 12)
    other = json.loads(
        passgate("recipe", "teach", "--quick", "ring", "--good", rings, "--bit-depth", 16, "--json").out
    )
    assert (other["version"], other["bit_depth"]) == (3, 16)


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="the photographs of ../shared/data are not here")
def test_photographs_in_12_bits_score_as_in_8(tmp_path: Path) -> None:
    tiles = SHARED / "data" / "magnetic-tile"
    taught, fine, broken = (sorted((tiles / kind).glob("*.jpg")) for kind in ("free", "uneven", "break"))
    random = np.random.default_rng(3)
    library = RecipeLibrary(tmp_path / "recipes")
    for number, path in enumerate(taught[:16] + fine[:3] + broken[:3]):
        grey = bgr(path, cv2.IMREAD_GRAYSCALE)
        finer = grey * (4095 / 255) + random.uniform(-7, 7, grey.shape)  # within half a level of the 256
        place = f"{'good' if number < 16 else 'line'}/{number:02}.png"
        write(tmp_path / "8" / place, grey)
        write(tmp_path / "12" / place, np.rint(finer).clip(0, 4095).astype(np.uint16))
    scores: dict[BitDepth, list[float | None]] = {}
    for bit_depth in DEPTHS:
        folder = tmp_path / str(bit_depth)
        library.save(teach_folder(plan(folder.name, library=library, bit_depth=bit_depth), folder / "good"))
        judged = inspect_files(
            picture_files(folder / "line"),
            library=library,
            recipe_name=folder.name,
            model=ModelTable(inspector=InspectorKind.REFLEX),
        )
        scores[bit_depth] = [decision.defect_score for _, decision in judged]
    assert len(scores[8]) == 6
    assert scores[12] == pytest.approx(scores[8], abs=1e-6)
