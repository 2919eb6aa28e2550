"""What all tests share: property tests are deterministic, and never fail for being slow."""

import gc

import pytest
from hypothesis import settings

from tests.amount import cases

settings.register_profile("house", deadline=None, derandomize=True, database=None, max_examples=cases(100))
settings.load_profile("house")


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
