"""Which Values go when room is short, and what is never served."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from nodegraph.cache import Cache, Prepared, prepare
from nodegraph.cache.memory import Memory
from nodegraph.digest import encode
from nodegraph.types import ANY, TEXT


def text(letter: str, size: int = 1000) -> Prepared:
    """A Value that is too large for a trace."""
    return prepare(TEXT, letter * size)


def kept(cache: Cache, **seconds: float) -> dict[str, Prepared]:
    """Values on disk by their letters, with what they took."""
    values = {letter: text(letter) for letter in seconds}
    for letter, value in values.items():
        assert cache.store(TEXT, value, seconds[letter])
    cache.commit()
    return values


def left(cache: Cache, values: dict[str, Prepared]) -> set[str]:
    """The letters of what is on disk."""
    assert cache.disk is not None
    return {letter for letter, value in values.items() if cache.disk.has(value.digest)}


def test_from_disk_what_is_made_again_fastest_goes_first(tmp_path):
    with Cache(tmp_path) as cache:
        values = kept(cache, a=5.0, b=0.001, c=3.0, d=0.1)
        for bytes, letters in ((3500, "acd"), (2500, "ac"), (1500, "a"), (0, "")):
            cache.disk.prune(bytes)
            assert left(cache, values) == set(letters)


def test_what_was_read_from_disk_stays_longer_than_what_was_not(tmp_path):
    with Cache(tmp_path) as cache:
        values = kept(cache, a=1.0, b=1.0, c=0.5)
        cache.disk.prune(2500)
        assert left(cache, values) == {"a", "b"}
        assert cache.disk.object(values["b"].digest) is not None
        cache.disk.prune(1500)
        assert left(cache, values) == {"b"}
    with Cache(tmp_path) as cache:
        values |= kept(cache, d=1.0)
        assert cache.disk.object(values["b"].digest) is not None
        values |= kept(cache, e=0.5)
        cache.disk.prune(2500)
        assert left(cache, values) == {"b", "d"}


def test_a_file_that_nothing_names_goes_when_it_is_old(tmp_path):
    with Cache(tmp_path) as cache:
        kept(cache, a=1.0)
        strays = [tmp_path / "objects" / "ab" / f"ab{number}.safetensors" for number in range(2)]
        for stray in strays:
            stray.parent.mkdir(parents=True, exist_ok=True)
            stray.write_bytes(b"x")
        before = time.time() - 7200
        os.utime(strays[0], (before, before))
        cache.disk.prune(10_000)
        assert [stray.exists() for stray in strays] == [False, True]


def test_from_memory_what_was_read_stays_longer_than_what_was_not():
    memory = Memory({"cpu": 3 * 2200})
    values = {letter: text(letter) for letter in "abcde"}
    for letter, seconds in (("c", 0.5), ("a", 1.0), ("b", 1.0)):
        memory.put(TEXT, values[letter], seconds)
    memory.put(TEXT, values["d"], 1.0)
    assert {letter for letter in values if values[letter].digest in memory} == {"a", "b", "d"}
    memory.get(values["a"].digest, TEXT)
    memory.get(values["d"].digest, TEXT)
    memory.put(TEXT, values["e"], 1.0)
    assert {letter for letter in values if values[letter].digest in memory} == {"a", "d", "e"}


def test_from_memory_what_is_made_again_fastest_goes_first():
    memory = Memory({"cpu": 2 * 2200})
    values = {letter: text(letter) for letter in "abc"}
    for letter, seconds in (("a", 5.0), ("b", 0.001), ("c", 3.0)):
        memory.put(TEXT, values[letter], seconds)
    assert {letter for letter in values if values[letter].digest in memory} == {"a", "c"}


def test_a_storage_that_two_values_share_counts_until_both_are_gone():
    import torch

    base = torch.arange(3000.0)
    values = [prepare(ANY, base), prepare(ANY, base.reshape(30, 100))]
    assert values[0].tensors[0].data_ptr() == values[1].tensors[0].data_ptr()
    memory = Memory({})
    sizes = []
    for value in values:
        memory.put(ANY, value, 1.0)
        sizes.append(memory.used["cpu"])
    assert 12_000 < sizes[0] < 13_000 and sizes[1] < 13_000
    memory.drop(values[0].digest)
    assert 12_000 < memory.used["cpu"] < 13_000
    memory.drop(values[1].digest)
    assert memory.used["cpu"] == 0


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_small_value_that_is_not_what_its_name_says_is_not_served(on_disk: bool, tmp_path: Path):
    with Cache(tmp_path if on_disk else None) as cache:
        value = prepare(TEXT, "a word")
        cache.store(TEXT, value, 1.0)
        cache.small[value.digest] = encode("another word")
        with pytest.raises(KeyError):
            cache.value(TEXT, value.digest)
        assert not cache.has(value.digest)


def test_what_is_pinned_is_not_pruned(tmp_path: Any):
    with Cache(tmp_path) as cache:
        values = kept(cache, a=0.001, b=5.0)
        cache.pin(values["a"].digest)
        cache.disk.prune(0)
        assert left(cache, values) == {"a"}
        cache.unpin(values["a"].digest)
        cache.disk.prune(0)
        assert left(cache, values) == set()
