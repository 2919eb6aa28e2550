"""What is found out about the machine, and what that costs."""

from __future__ import annotations

import os
import sys
from dataclasses import fields
from inspect import signature
from pathlib import Path

import pytest

from nodegraph import Engine, GraphError, machine
from nodegraph.cli import main

from .test_public import loaded


def test_without_a_driver_the_cpu_is_chosen_and_torch_is_not_asked():
    assert loaded("from nodegraph import machine\nmachine.DRIVERS = ()\nassert machine.choose_device() == 'cpu'") == set()


def test_where_a_driver_is_torch_is_asked(monkeypatch, tmp_path):
    torch = pytest.importorskip("torch")
    asked = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: asked.append(1) or False)
    monkeypatch.setattr(machine, "DRIVERS", (str(tmp_path),))
    assert machine.choose_device() == "cpu" and asked == [1]
    monkeypatch.setattr(machine, "DRIVERS", (str(tmp_path / "nowhere"),))
    assert machine.choose_device() == "cpu" and asked == [1]


def test_on_windows_the_driver_is_a_library_of_the_system(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("SystemRoot", str(tmp_path))
    assert not machine.has_driver()
    (tmp_path / "System32").mkdir()
    (tmp_path / "System32/nvcuda.dll").touch()
    assert machine.has_driver()


@pytest.mark.parametrize("wanted, there, words", [
    ("cuda:0", 0, "device cuda:0 is not there\nThis machine has cpu; leave --device out."),
    ("tpu", 1, "device tpu is not there\nThis machine has cpu and cuda."),
    ("cuda:2", 2, "device cuda:2 is not there\nThere are 2 CUDA devices, counted from 0."),
])
def test_a_device_that_is_asked_for_and_not_there_is_refused(monkeypatch, wanted, there, words):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: there > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    with pytest.raises(GraphError) as caught:
        machine.choose_device(wanted)
    assert str(caught.value) == words
    if there:
        assert machine.choose_device("cuda") == "cuda:0"


def test_a_machine_says_what_an_engine_takes_with_the_same_defaults():
    takes = signature(Engine).parameters
    assert {f.name: f.default for f in fields(machine.Machine)}.items() <= {n: p.default for n, p in takes.items()}.items()


def test_a_budget_is_bytes_or_a_share(monkeypatch):
    monkeypatch.setattr(machine, "process_free", lambda: None)  # it changes while one looks
    assert machine.host_budget(2 << 30) == 2 << 30
    assert 0 < machine.host_budget(0.25) * 2 <= machine.host_budget(0.5) + 1
    assert machine.host_budget(0) == 0


def test_the_cache_folder_is_the_users_unless_one_is_named(monkeypatch):
    monkeypatch.setenv("NODEGRAPH_CACHE", "~/here")
    assert machine.default_cache_folder() == Path.home() / "here"
    monkeypatch.delenv("NODEGRAPH_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert machine.default_cache_folder() == Path("/x/nodegraph")


def test_apples_graphics_processor_is_taken_by_itself_and_by_name(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(machine, "has_driver", lambda: False)
    monkeypatch.setattr(machine, "is_apple", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert machine.choose_device() == machine.choose_device("mps") == "mps"
    for wanted in ("cuda", "mps:1"):
        with pytest.raises(GraphError, match="cpu and mps"):
            machine.choose_device(wanted)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert machine.choose_device() == "cpu"
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 1000)
    assert machine.device_budget("mps", 0.5) == 500


def test_on_mps_an_engine_works_in_float32_and_rolls_its_dice_on_the_cpu(monkeypatch):
    torch = pytest.importorskip("torch")
    from nodegraph import Engine
    from nodegraph_nodes.diffusion.calls import dice

    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 1000)
    with Engine(None, device="mps") as engine:
        assert engine.models.place == ("mps", "float32") and engine.cache.memory.budgets["mps"] == 900
    assert dice(3).device.type == "cpu"


def test_a_limit_of_addresses_is_a_limit_of_memory(monkeypatch, tmp_path, capsys):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda which: (2 << 30, -1) if which == resource.RLIMIT_AS else (-1, -1))
    monkeypatch.setattr(machine, "machine_memory", lambda: 64 << 30)
    monkeypatch.setattr(machine, "free_memory", lambda: 60 << 30)
    monkeypatch.setattr(machine, "address_space", lambda: 1 << 30)
    assert machine.host_budget(0.25) == 1 << 29 and machine.host_budget(1.0) == 3 << 28
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path))
    main(["doctor"])
    assert "2.0 GB (ulimit -v), 1.0 GB free" in capsys.readouterr().out
    monkeypatch.setattr(resource, "getrlimit", lambda which: (resource.RLIM_INFINITY, -1))
    assert machine.host_budget(0.25) == 16 << 30


def test_the_addresses_of_a_process_are_read_where_the_system_tells_them(tmp_path):
    (tmp_path / "statm").write_text("5 3 1 1 0 2 0")
    assert machine.address_space(tmp_path / "statm") == 5 * os.sysconf("SC_PAGE_SIZE")
    assert machine.address_space(tmp_path / "none") == 0
