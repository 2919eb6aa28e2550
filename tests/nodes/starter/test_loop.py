import json
import os
import signal

import pytest

torch = pytest.importorskip("torch")

from safetensors import safe_open  # noqa: E402

from nodegraph_nodes.starter.train import loop  # noqa: E402

RECIPE = loop.Recipe(steps=40, learning_rate=1e-2, warmup=5)


def _line() -> torch.nn.Linear:
    torch.manual_seed(0)
    return torch.nn.Linear(4, 1)


def _loss(net, stop_at=None, sign=signal.SIGTERM):
    def loss(step, generator):
        if step == stop_at:
            os.kill(os.getpid(), sign)
        x = torch.randn(32, 4, generator=generator)
        return (torch.nn.functional.dropout(net(x), 0.1) - x.sum(1, keepdim=True)).square().mean()
    return loss


def test_a_run_that_was_stopped_and_resumed_equals_an_unbroken_one(tmp_path):
    unbroken, broken, resumed = _line(), _line(), torch.nn.Linear(4, 1)
    whole = loop.train("line", tmp_path / "a", {"net": unbroken}, _loss(unbroken), RECIPE)
    with pytest.raises(SystemExit) as stopped:
        loop.train("line", tmp_path / "b", {"net": broken}, _loss(broken, stop_at=20), RECIPE)
    rest = loop.train("line", tmp_path / "b", {"net": resumed}, _loss(resumed), RECIPE)
    assert stopped.value.code == 143 and rest.steps == whole.steps == 40
    assert torch.equal(unbroken.weight, resumed.weight)
    assert torch.equal(whole.ema["net"]["weight"], rest.ema["net"]["weight"])


def test_ctrl_c_saves_before_it_interrupts(tmp_path):
    net = _line()
    with pytest.raises(KeyboardInterrupt):
        loop.train("line", tmp_path, {"net": net}, _loss(net, stop_at=7, sign=signal.SIGINT), RECIPE)
    with safe_open(tmp_path / loop.CHECKPOINT, "pt") as file:
        assert json.loads(file.metadata()["state"])["step"] == 8


def test_a_finished_stage_takes_no_further_step(tmp_path):
    net = _line()
    loop.train("line", tmp_path, {"net": net}, _loss(net), RECIPE)

    def never(step, generator):
        raise AssertionError("a finished stage ran")

    assert loop.train("line", tmp_path, {"net": _line()}, never, RECIPE).steps == 40


def test_a_checkpoint_is_not_continued_with_another_seed(tmp_path):
    net = _line()
    loop.train("line", tmp_path, {"net": net}, _loss(net), RECIPE, seed=1)
    with pytest.raises(ValueError, match="begun with seed 1, not 2"):
        loop.train("line", tmp_path, {"net": net}, _loss(net), RECIPE, seed=2)


def test_the_rate_decays_by_whichever_of_steps_and_minutes_is_further():
    timed = loop.Recipe(steps=1000, learning_rate=1.0, minutes=10, warmup=1)
    assert loop.fraction_done(100, 300, timed) == 0.5
    assert loop.fraction_done(900, 300, timed) == 0.9
    assert loop.learning_rate(10, 0.0, timed) == 1.0
    assert loop.learning_rate(10, 1.0, timed) == pytest.approx(0.0)


def test_the_averaged_weights_can_be_read_from_a_checkpoint(tmp_path):
    net = _line()
    trained = loop.train("line", tmp_path, {"net": net}, _loss(net), RECIPE)
    early = torch.nn.Linear(4, 1)
    loop.put_averaged(tmp_path, {"net": early})
    assert torch.equal(early.weight, trained.ema["net"]["weight"]) and not torch.equal(early.weight, net.weight)
    assert loop.reached(tmp_path).step == trained.steps
    loop.load_averaged(trained, {"net": net})
    assert torch.equal(net.weight, trained.ema["net"]["weight"])


def test_a_loss_that_is_not_a_number_stops_the_training(tmp_path):
    with pytest.raises(FloatingPointError, match="step 0"):
        loop.train("line", tmp_path, {"net": _line()}, lambda *_: torch.tensor(float("nan")), RECIPE)


def test_matrices_are_multiplied_in_bfloat16_only_where_that_is_quicker(monkeypatch):
    for quick, dtype in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(loop, "_quick_bfloat16", lambda quick=quick: quick)
        with loop.autocast("cpu"):
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
    assert isinstance(monkeypatch.undo() or loop._quick_bfloat16(), bool)
