"""What all tests share: property tests are deterministic, and never fail for being slow; what takes long begins first."""

import gc
from pathlib import Path

import pytest
from hypothesis import settings

from nodegraph.models import Models
from tests.amount import cases

settings.register_profile("house", deadline=None, derandomize=True, database=None, max_examples=cases(100))
settings.load_profile("house")

HERE = Path(__file__).parent
# Each file is one worker's: those that take longest begin first, so that at the end none waits for another.
LONGEST = ("test_graphs.py", "test_docs.py", "test_benchmarks.py", "editor/test_window.py", "nodes/diffusion/test_samplers.py",
           "nodes/test_every_node.py", "nodes/diffusion/test_families.py", "nodes/diffusion/test_checkpoints.py",
           "nodegraph/test_fuzz.py", "nodegraph/test_check.py", "test_readme.py", "test_site.py", "test_ratchet.py", "nodegraph/test_edits.py")


def pytest_collection_modifyitems(items):
    turn = {HERE / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: turn.get(item.path, len(turn)))


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is imported stays: the collector need not look for garbage in it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.fixture(scope="module", autouse=True)
def kept():
    """What the tests before left (libraries, tables, models of the session) stays too, and is not gone through again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def live():
    """What `models_live_on` keeps: live models by type, content and options."""
    return {}


@pytest.fixture(scope="module")
def models_live_on(live):
    """For files of tests that run graphs with many Engines: a model that one has loaded serves the next, as if they were one.

    Loading is tried elsewhere; a model that is set up anew for each run of a command is most of what such a run takes.
    """
    make = Models.__init__

    def made(self, *arguments, **settings):
        make(self, *arguments, **settings)
        if not settings.get("precision"):
            self._live = live

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Models, "__init__", made)
        patch.setattr(Models, "clear", lambda self: None)
        yield
