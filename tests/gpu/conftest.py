"""Figures that a test measures beside what it asserts are kept with its result, where `make gpu` reads them."""

import gc

import pytest


@pytest.fixture
def figure(record_property):
    """Note a figure in words: figure("kept", "512 MiB")."""
    return record_property


@pytest.fixture(autouse=True)
def fresh_device():
    """Each test begins with what its predecessors held given back, and the peak at what is held now."""
    import torch

    if torch.cuda.is_available():
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
