"""What all tests of nodes share."""

import pytest
import torch

from nodegraph import Cancelled, Context


class Listener(Context):
    """Keeps what a node reports, and stops it after so many reports."""

    def __init__(self, stop_after=None):
        self.reports, self.stop_after = [], stop_after

    def report(self, done, total=None, text="", preview=None):
        self.reports.append((done, total, preview))
        if done == self.stop_after:
            raise Cancelled()


@pytest.fixture
def listening():
    """The class of a Context that keeps what it is told."""
    return Listener


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Networks this small are quicker on one thread, above all on a machine that is busy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def spread(monkeypatch):
    """How each language model that is loaded was asked to be spread over devices: its `device_map`, or None."""
    from transformers import AutoModelForCausalLM

    asked, real = [], AutoModelForCausalLM.from_pretrained

    def noted(*arguments, **settings):
        asked.append(settings.get("device_map"))
        return real(*arguments, **settings)

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", noted)
    return asked
