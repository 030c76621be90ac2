"""The arithmetic of fine-tuning, on a Llama small enough for a test."""

from pathlib import Path

import pytest

from app.benches.finetune import bench_finetune
from inspection.errors import PassgateError, SettingsError
from models.training.cost import METHODS, Task, measure


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_and_is_counted(method: str) -> None:
    task = Task.model_validate({"method": method, "base": "llama-tiny", "batch": 2, "length": 64, "steps": 4})
    cost = measure(task.model_copy(update={"threads": 1}))
    assert cost.parameters == 551_552
    assert cost.trained > (cost.parameters if method == "full" else 0)
    assert cost.last_loss < cost.first_loss
    assert cost.step_s > 0.0


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_each_method_has_a_process_of_its_own() -> None:
    result = bench_finetune(base="llama-tiny", layers=1, batch=2, length=64, steps=1, device="cpu")
    run = result["runs"]["llama-tiny"]
    assert set(run) == set(METHODS)
    assert run["full"]["peak_of_full"] == run["full"]["step_of_full"] == 1.0


@pytest.mark.soak
def test_what_cannot_be_measured_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SettingsError, match="no CUDA device"):
        measure(Task(method="lora", base="llama-tiny", device="cuda"))
    with pytest.raises(SettingsError, match="'nowhere' is no base"):
        bench_finetune(base="nowhere", layers=None, batch=1, length=64, steps=1, device="cpu")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(PassgateError, match="could not be measured: "):
        bench_finetune(base=str(tmp_path), layers=None, batch=1, length=64, steps=1, device="cpu")
