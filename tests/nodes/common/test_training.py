"""The loop that trainings share: it ends by steps or by the clock, and what is killed goes on as if nothing had been."""

import os
import signal
import subprocess
import sys

import pytest
import torch

from nodegraph_nodes.common import training
from nodegraph_nodes.common.training import Budget, checkpoint, optimiser_tensors, restore_optimiser, trained


class Walker:
    """A learner whose one number takes a random step, by an optimiser that remembers."""

    def __init__(self, ends=None):
        self.place = torch.nn.Parameter(torch.zeros(3))
        self.mover = torch.optim.Adam([self.place], 0.1)
        self.taken, self.ends = [], ends

    def step(self, number, fraction):
        if self.ends == number:
            raise KeyError("the machine fell over")
        self.taken.append(number)
        self.mover.zero_grad()
        loss = (self.place * torch.randn(3)).sum()
        loss.backward()
        self.mover.step()
        return {"loss": loss.detach()}

    def tensors(self):
        return {"place": self.place, **optimiser_tensors("adam", self.mover)}

    def restore(self, tensors):
        self.place.data.copy_(tensors["place"])
        restore_optimiser("adam", self.mover, tensors)


def run(learner, folder, steps=6, **more):
    told = []
    trained(learner, Budget(steps), folder, "walk", told.append, tell_seconds=-1, **more)
    return told


def test_a_training_tells_where_it_is_and_keeps_its_end(tmp_path):
    told = run(Walker(), tmp_path)
    assert [p.step for p in told] == [1, 2, 3, 4, 5, 6] and told[-1].fraction == 1
    assert set(told[0].told) == {"loss"} and "place" in checkpoint(tmp_path)


def test_what_was_broken_off_ends_where_an_unbroken_training_ends(tmp_path):
    whole, broken, rest = Walker(), Walker(ends=4), Walker()
    run(whole, tmp_path / "whole")
    with pytest.raises(KeyError):
        run(broken, tmp_path / "broken")
    run(rest, tmp_path / "broken")
    assert rest.taken == [4, 5] and torch.equal(rest.place, whole.place)


def test_a_finished_training_takes_no_step_and_a_longer_one_goes_on(tmp_path):
    run(Walker(), tmp_path)
    again, longer = Walker(), Walker()
    run(again, tmp_path)
    run(longer, tmp_path, steps=8)
    assert again.taken == [] and longer.taken == [6, 7]


def test_a_training_that_is_killed_goes_on_from_its_last_checkpoint(tmp_path):
    script = ("import os, signal, sys; sys.path[:0] = [%r]\n"
              "from tests.nodes.common.test_training import Walker, run\n"
              "class Doomed(Walker):\n"
              "    def step(self, number, fraction):\n"
              "        if number == 4: os.kill(os.getpid(), signal.SIGKILL)\n"
              "        return super().step(number, fraction)\n"
              "from pathlib import Path\n"
              "run(Doomed(), Path(%r), save_seconds=-1)\n")
    ended = subprocess.run([sys.executable, "-c", script % (os.getcwd(), str(tmp_path / "killed"))], check=False)
    assert ended.returncode == -signal.SIGKILL
    whole, rest = Walker(), Walker()
    run(whole, tmp_path / "whole")
    run(rest, tmp_path / "killed")
    assert rest.taken == [4, 5] and torch.equal(rest.place, whole.place)


def test_what_tell_raises_ends_the_training_after_it_was_saved(tmp_path):
    class Stop(Exception):
        pass

    def tell(progress):
        if progress.step == 3:
            raise Stop

    with pytest.raises(Stop):
        trained(Walker(), Budget(9), tmp_path, "walk", tell, tell_seconds=-1)
    rest = Walker()
    run(rest, tmp_path, steps=5)
    assert rest.taken == [3, 4]


def test_the_clock_ends_a_training_over_all_its_runs(tmp_path, monkeypatch):
    now = iter(range(0, 10_000, 10))
    monkeypatch.setattr(training.time, "monotonic", lambda: float(next(now)))
    learner = Walker()
    progress = trained(learner, Budget(1000, seconds=50.0), tmp_path, "walk", lambda progress: None)
    assert progress.fraction == 1 and 1 <= len(learner.taken) <= 5
    again = Walker()
    trained(again, Budget(1000, seconds=50.0), tmp_path, "walk", lambda progress: None)
    assert again.taken == []


@pytest.mark.parametrize(("subject", "seed", "words"), [("swim", 0, "whose subject was 'walk'"), ("walk", 1, "whose seed was 0")])
def test_a_checkpoint_of_another_training_is_refused(tmp_path, subject, seed, words):
    run(Walker(), tmp_path)
    with pytest.raises(ValueError, match=words):
        trained(Walker(), Budget(9), tmp_path, subject, lambda progress: None, seed)


def test_a_damaged_checkpoint_is_named(tmp_path):
    (tmp_path / training.CHECKPOINT).write_bytes(b"no safetensors at all")
    with pytest.raises(ValueError, match="is no checkpoint, or a damaged one; delete it"):
        run(Walker(), tmp_path)


def test_numbers_that_are_finite_no_more_end_a_training_and_are_not_kept(tmp_path):
    class Exploding(Walker):
        def step(self, number, fraction):
            super().step(number, fraction)
            return {"loss": float("nan") if number == 2 else 1.0}

    with pytest.raises(FloatingPointError, match="loss is nan at step 3; try a lower learning rate"):
        run(Exploding(), tmp_path, save_seconds=-1)
    rest = Walker()
    run(rest, tmp_path, steps=3)
    assert rest.taken == [2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_saves_first(tmp_path, number):
    class Interrupted(Walker):
        def step(self, step, fraction):
            if step == 2:
                os.kill(os.getpid(), number)
            return super().step(step, fraction)

    with pytest.raises(KeyboardInterrupt if number == signal.SIGINT else SystemExit):
        run(Interrupted(), tmp_path)
    rest = Walker()
    run(rest, tmp_path)
    assert rest.taken == [3, 4, 5]
