"""``passgate gauge teach``: a description becomes a file, or part of a recipe, and reads what was taught."""

import json
import shutil
from pathlib import Path

import cv2
import pytest

from app.recipes.gauges.adding import keep
from app.recipes.gauges.simulated import pressure_gauge
from app.recipes.library import RecipeLibrary
from inspection.cameras.simulated import SimulatedCamera
from inspection.simulation import Variation
from tests.app.recipes.gauges.dials import dial, label
from tests.app.running import Passgate, assert_one_line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture of a dial, another of it moved a little, and its label."""
    cv2.imwrite(str(tmp_path / "40.png"), dial(40))
    turn = cv2.getRotationMatrix2D((200.0, 150.0), 3.0, 1.02)
    turn[0, 2] += 6.0
    turn[1, 2] -= 4.0
    moved = cv2.warpAffine(dial(75), turn, (400, 300), borderMode=cv2.BORDER_REPLICATE)
    cv2.imwrite(str(tmp_path / "moved.png"), moved)
    (tmp_path / "label.json").write_text(json.dumps(label("40.png", 40.0)))
    return tmp_path


def test_what_was_taught_reads_later_pictures(passgate: Passgate, folder: Path) -> None:
    said = passgate(
        *("gauge", "teach", folder / "40.png", "--from", folder / "label.json", "--unit", "psi"),
        *("--out", folder / "dial.gauge.json", "--json"),
    )
    assert said.code == 0
    answer = json.loads(said.out)
    assert answer["in_this_picture"]["value"] == pytest.approx(40.0, abs=1.0)
    assert answer["recipe"] is None
    assert answer["cautions"] == []
    assert Path(answer["drawn"]).is_file(), "a person sees where it is taken to be"
    read = passgate("gauge", "read", folder / "moved.png", "--gauge", folder / "dial.gauge.json", "--json")
    assert json.loads(read.out)["unit"] == "psi"
    again = passgate("gauge", "read", folder / "40.png", "--gauge", folder / "dial.gauge.json", "--json")
    assert json.loads(again.out)["value"] == pytest.approx(40.0, abs=1.0)


@pytest.fixture
def cover(home: Path, taught_library: Path, tmp_path: Path) -> Path:
    """The simulated product in a library that may be written into; returns a picture of it."""
    shutil.copytree(taught_library, home / "recipes")
    camera = SimulatedCamera("main", seed=1, variation=Variation(defect_rate=0.0))
    camera.open()
    picture = cv2.cvtColor(camera.capture(1).picture, cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(tmp_path / "part.png"), picture)
    return tmp_path / "part.png"


def test_a_gauge_becomes_part_of_the_recipes_next_version(
    passgate: Passgate, cover: Path, home: Path
) -> None:
    code = cover.with_name("code.json")
    code.write_text('{"kind": "code", "formats": ["DataMatrix"], "region": [10, 20, 200, 100]}')
    asked = ("gauge", "teach", cover, "--from", code, "--recipe", "cover", "--name", "serial")
    said = passgate(*asked, "--on-breach", "stop", "--json")
    assert said.code == 0
    assert json.loads(said.out)["recipe"]["version"] == 2
    recipe = RecipeLibrary(home / "recipes").recipe("cover")
    before = RecipeLibrary(home / "recipes").recipe("cover", 1)
    (gauge,) = (one for one in recipe.gauges if one.name == "serial")
    assert (gauge.view, gauge.region, gauge.on_breach) == ("top", (10, 20, 200, 100), "stop")
    assert recipe.policy == before.policy
    again = passgate(*asked, "--view", "rig", "--camera", "second", "--json")
    assert json.loads(again.out)["recipe"]["version"] == 3
    recipe = RecipeLibrary(home / "recipes").recipe("cover")
    assert [one.view for one in recipe.gauges if one.name == "serial"] == ["rig"], "taught again, it is one"
    assert [(view.name, view.camera) for view in recipe.gauge_views] == [("rig", "second")]

    assert passgate(*asked, "--json").code == 0
    assert RecipeLibrary(home / "recipes").recipe("cover").gauge_views == (), "no gauge looks at it any more"


def test_a_recipe_is_shown_without_its_dials_pictures(passgate: Passgate, cover: Path) -> None:
    described = pressure_gauge(seed=1, part_id=1).reads
    assert described is not None
    cover.with_name("dial.json").write_text(described.model_dump_json(exclude={"reference"}))
    asked = ("gauge", "teach", cover, "--from", cover.with_name("dial.json"), "--recipe", "cover")
    assert passgate(*asked, "--name", "pressure").code == 0
    assert '"png": "…"' in passgate("recipe", "show", "cover").out, "it tells people nothing as text"
    shown = json.loads(passgate("recipe", "show", "cover", "--json").out)
    assert len(shown["gauges"][-1]["reads"]["reference"]["png"]) > 1000


def test_a_lamp_may_be_asked_to_shine_in_some_of_its_colours(
    passgate: Passgate, cover: Path, home: Path
) -> None:
    lamp = cover.with_name("lamp.json")
    colours = {"green": "#28c828", "red": "#dc1e1e"}
    lamp.write_text(
        json.dumps({"kind": "lamp", "region": [9, 9, 20, 20], "on_level": 60, "colours": colours})
    )
    asked = ("gauge", "teach", cover, "--from", lamp, "--recipe", "cover", "--name", "ready", "--json")
    assert_one_line(
        passgate(*asked, "--colour", "blue"), "colours names one that the lamp's description lacks"
    )
    assert passgate(*asked, "--colour", "green").code == 0
    assert RecipeLibrary(home / "recipes").recipe("cover").gauges[-1].colours == ("green",)
    assert_one_line(
        passgate(*asked[:4], lamp, "--out", cover.with_name("a.json"), "--colour", "green"), "--colour"
    )


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--name", "a"), "--name"),
        ((), "--out"),
        (("--recipe", "cover"), "--name"),
        (("--recipe", "cover", "--name", "a", "--region", "1,2"), "--region"),
        (("--recipe", "cover", "--name", "a", "--view", "side"), "looks at view 'side'"),
        (("--recipe", "cover", "--name", "a", "--low", "5"), "a code has no limits"),
        (("--recipe", "cover", "--name", "a", "--on-unreadable", "pass"), "must not be pass"),
        (("--recipe", "cover", "--name", "a", "--unit", "bar"), "a code has no unit"),
        (("--recipe", "lid", "--name", "a"), "lid"),
        (("--recipe", "cover", "--name", "a", "--region", "0,0,641,480"), "lies beyond the picture"),
        (("--recipe", "cover", "--name", "a", "--view", "rig", "--camera", ""), "--camera"),
    ],
)
@pytest.mark.usefixtures("recipes")
def test_what_does_not_fit_changes_nothing(
    passgate: Passgate, folder: Path, more: tuple[str, ...], why: str, home: Path
) -> None:
    picture = dial(40).repeat(2, 0).repeat(2, 1)[:480, :640]
    cv2.imwrite(str(folder / "part.png"), picture)
    (folder / "code.json").write_text('{"kind": "code"}')
    asked = ("gauge", "teach", folder / "part.png", "--from", folder / "code.json", *more, "--json")
    assert_one_line(passgate(*asked), why)
    assert RecipeLibrary(home / "recipes").recipe("cover").version == 1


def test_a_proposal_is_confirmed_before_a_recipe_has_it(passgate: Passgate, folder: Path, home: Path) -> None:
    asked = ("gauge", "teach", folder / "40.png", "--json")
    assert_one_line(passgate(*asked, "--propose", "--max", 100, "--recipe", "a", "--name", "b"), "confirms")
    assert_one_line(passgate(*asked, "--out", folder / "a.json", "--propose"), "--max")
    assert_one_line(passgate(*asked, "--out", folder / "a.json"), "--from")
    both = ("--propose", "--max", 100, "--from", folder / "label.json")
    assert_one_line(passgate(*asked, "--out", folder / "a.json", *both), "--from")
    cv2.imwrite(str(folder / "empty.png"), dial(40)[:40, :40].repeat(10, 0).repeat(10, 1))
    none = ("gauge", "teach", folder / "empty.png", "--out", folder / "a.json", "--propose", "--max", 100)
    assert_one_line(passgate(*none, "--json"), "no dial is seen")
    said = passgate(*asked, "--out", folder / "a.json", "--propose", "--max", 100, "--unit", "bar")
    assert said.code == 0
    assert json.loads(said.out)["in_this_picture"]["value"] == pytest.approx(40.0, abs=2.0)
    assert not (home / "recipes").exists()


def test_teaching_never_takes_the_place_of_the_picture(passgate: Passgate, folder: Path) -> None:
    before = (folder / "40.png").read_bytes()
    asked = ("gauge", "teach", folder / "40.png", "--from", folder / "label.json", "--json")
    assert passgate(*asked, "--out", folder / "40.json").code == 0
    assert (folder / "40.png").read_bytes() == before
    assert_one_line(passgate(*asked, "--out", folder / "40.png"), "is the picture itself")
    assert (folder / "40.png").read_bytes() == before
    assert_one_line(passgate(*asked, "--out", folder / "b.json", "--unit", "a\x01b"), "--unit")
    assert not (folder / "b.json").exists()


@pytest.mark.parametrize(
    "what",
    [
        {"kind": "lamp", "region": [390, 10, 20, 20], "on_level": 100},
        {"kind": "code", "region": [0, 0, 400, 301]},
        {"kind": "level", "bottom": [500, 90, 0], "top": [500, 10, 9], "width_px": 9, "unit": "mm"},
        {"kind": "display", "corners": [[-90, 9], [90, 9], [90, 40], [-90, 40]]},
    ],
)
def test_what_lies_beyond_the_picture_is_not_taught(
    passgate: Passgate, folder: Path, what: dict[str, object]
) -> None:
    (folder / "what.json").write_text(json.dumps(what))
    asked = ("gauge", "teach", folder / "40.png", "--from", folder / "what.json", "--json")
    assert_one_line(passgate(*asked, "--out", folder / "a.json"), "lies outside the picture")
    assert not (folder / "a.json").exists()


def test_one_that_is_not_read_in_the_picture_that_teaches_it_says_so(
    passgate: Passgate, folder: Path
) -> None:
    (folder / "code.json").write_text('{"kind": "code"}')
    said = passgate(
        "gauge", "teach", folder / "40.png", "--from", folder / "code.json", "--out", folder / "a.json"
    )
    assert "In this picture it is unreadable: " in said.out


def test_a_part_is_inspected_with_its_gauges(passgate: Passgate, cover: Path, home: Path) -> None:
    library = RecipeLibrary(home / "recipes")
    asked = ("inspect", cover, "--recipe", "cover", "--inspector", "reflex", "--json")
    gauge = pressure_gauge(seed=1, part_id=1_000_000)
    keep(library, library.recipe("cover").model_copy(update={"gauges": (gauge,)}), tower=None)
    decisions = json.loads(passgate(*asked).out)["decisions"]
    assert decisions[0]["action"] == "pass", "a gauge that is read and within its limits holds nothing"
    (read,) = decisions[0]["gauges"]
    assert (read["name"], read["unit"], read["in_range"], read["kind"]) == ("pressure", "bar", True, "dial")
    high = gauge.model_copy(update={"low": 5.0, "high": 9.0})
    keep(library, library.recipe("cover").model_copy(update={"gauges": (high,)}), tower=None)
    (decision,) = json.loads(passgate(*asked).out)["decisions"]
    assert decision["action"] == "rework"
