"""``bench memory``: absent photographs are said, one object on stdout, and an exit code that is true."""

import json
from pathlib import Path
from types import MappingProxyType

import pytest
from typer.testing import CliRunner

from app.cli import cli
from models.backbone import features
from models.benchmarks.products import registry
from models.benchmarks.products.photographs import PCB
from tests.models.benchmarks.toys import PLATES, BlockTower

ALL_PRODUCTS = registry.PRODUCTS
FEW = ["--quick", "--teach-on", "8", "--splits", "1", "--resamplings", "1"]


@pytest.fixture(autouse=True)
def _two_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plates, which cost nothing, and boards, whose photographs are not here."""
    known = MappingProxyType({"plates": PLATES, "pcb": PCB})
    monkeypatch.setattr(registry, "PRODUCTS", known)
    monkeypatch.setattr(features, "EfficientNetLite0", BlockTower)


def test_all_products_are_measured_but_those_whose_photographs_are_absent(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["bench", "memory", "--data", str(tmp_path), *FEW, "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert set(found["products"]) == {"plates"}
    assert found["left_out"].keys() == {"pcb"}
    assert "pcb is left out" in done.stderr
    assert len(found["rows"]) == 1


def test_a_product_that_was_asked_for_by_name_and_is_absent_is_a_failure(tmp_path: Path) -> None:
    asked = ["bench", "memory", "--products", "plates,pcb", "--data", str(tmp_path), *FEW]
    done = CliRunner().invoke(cli, asked, env={"COLUMNS": "250"})
    assert done.exit_code == 1
    assert "pooled Mahalanobis" in done.stdout, "what is there is measured all the same"
    assert "of 1 inside" in done.stdout


def test_a_product_that_nobody_knows_is_a_question() -> None:
    done = CliRunner().invoke(cli, ["bench", "memory", "--products", "plates,socks"])
    assert done.exit_code == 2
    assert "socks" in done.stderr


def test_the_help_names_every_product() -> None:
    shown = CliRunner().invoke(cli, ["bench", "memory", "--help"], env={"COLUMNS": "200"}).stdout
    assert all(name in shown for name in ALL_PRODUCTS)
