"""The budget of a device, and what happens where it ends."""

import torch

from nodegraph import SILENT, Context, events, node

from .ground import BIG, DEVICE, HAS_GPU, MIB, Tensor, allocated, chain, device_only, engine, graph, memory_limit, on_gpu

pytestmark = on_gpu
LENGTH, ROOM = 24, 6  # tensors that are made, and those that there is room for
BUDGET = ROOM * BIG
SCRATCH = 256 * MIB  # what naming a tensor takes beside it, at most
ROUNDING = 2 * MIB  # of the allocator, and what small tensors take
ITEM = 256 * MIB


def finished(story: list) -> list[str]:
    return [event.node for event in story if isinstance(event, events.Finished)]


@device_only
def test_a_chain_of_large_tensors_keeps_to_its_budget(figure):
    before = allocated()
    e = engine(device_memory=BUDGET)
    result = e.run(chain(LENGTH))
    assert not result.errors, result.errors
    kept, peak = allocated() - before, torch.cuda.max_memory_allocated() - before
    figure("made", f"{LENGTH} tensors of {BIG // MIB} MiB, {LENGTH * BIG // MIB} MiB in all")
    figure("budget", f"{BUDGET // MIB} MiB")
    figure("kept on the device", f"{kept / MIB:.0f} MiB")
    figure("peak", f"{peak / MIB:.0f} MiB")
    assert BUDGET - BIG <= kept <= BUDGET + ROUNDING
    # Beside what is kept: what a node reads, what it makes, and room to name it.
    assert peak <= BUDGET + 2 * BIG + SCRATCH


@device_only
def test_the_account_of_a_device_says_what_its_allocator_says(figure):
    before = allocated()
    e = engine()
    e.run(chain(ROOM))
    account, truth = e.cache.memory.taken(DEVICE), allocated() - before
    figure("account", f"{account / MIB:.1f} MiB; the allocator says {truth / MIB:.1f} MiB")
    assert abs(account - truth) <= ROUNDING


def test_what_went_to_the_host_keeps_its_name_and_its_content():
    e = engine(device_memory=BUDGET)
    e.run(chain(LENGTH))
    story: list = []
    again = e.run(chain(LENGTH), emit=story.append)
    assert finished(story) == [] and float(again["last"][0]) == LENGTH - 1
    early = chain(LENGTH, more="  read: {type: gpu.first, tensor: $n1}\n", outputs="{read: $read, early: $n1}")
    story.clear()
    result = e.run(early, emit=story.append)
    assert not result.errors, result.errors
    assert finished(story) == ["read"], "what reads a Value by its name finds it, wherever it is"
    assert result["read"] == 1.0 and bool((result["early"] == 1.0).all())
    assert result["early"].device.type == "cpu"


def test_a_batch_too_large_for_the_device_is_cut_until_it_fits(figure):
    sizes = []

    @node("gpu.crowd", version=1, batch="numbers")
    def crowd(numbers: list[int], ctx: Context = SILENT) -> list[float]:
        """Take much room for each item, and give little."""
        sizes.append(len(numbers))
        if not HAS_GPU and len(numbers) > 4:
            raise torch.OutOfMemoryError("there is no device here to run out of memory")
        room = [torch.full((ITEM // 4 if HAS_GPU else 4,), float(n), device=ctx.device) for n in numbers]
        return [float(tensor[-1]) for tensor in room]

    e = engine(more=[crowd])
    g = graph("nodes: {m: {type: gpu.crowd, each: numbers, numbers: [0, 1, 2, 3, 4, 5, 6, 7]}}\noutputs: {m: $m}")
    if HAS_GPU:
        with memory_limit(5 * ITEM):
            result = e.run(g)
    else:
        result = e.run(g)
    assert not result.errors, result.errors
    figure("calls", f"of {', '.join(map(str, sizes))} items")
    assert result["m"] == [float(n) for n in range(8)]
    assert sizes[0] == 8 and sizes[-2:] == [4, 4]


@device_only
def test_a_node_that_finds_no_room_is_called_again_when_others_made_some(figure):
    calls = []

    @node("gpu.hungry", version=1)
    def hungry(tensor: Tensor, size: int, ctx: Context = SILENT) -> float:
        """Take much room, and give little."""
        calls.append(size)
        return float(torch.full((size // 4,), 2.0, device=ctx.device)[-1])

    g = chain(LENGTH, outputs="{big: $big}",
              more=f"  big: {{type: gpu.hungry, tensor: $n{LENGTH - 1}, size: {LENGTH * BIG}}}\n")
    e = engine(more=[hungry])
    with memory_limit((LENGTH + 8) * BIG):
        result = e.run(g)
    assert not result.errors, result.errors
    figure("calls", f"{len(calls)}, of a node that needs {LENGTH * BIG // MIB} MiB where {8 * BIG // MIB} MiB are free")
    assert result["big"] == 2.0 and len(calls) == 2


@device_only
def test_memory_that_cannot_be_had_is_an_error_that_says_what_holds_it():
    @node("gpu.endless", version=1)
    def endless(size: int, ctx: Context = SILENT) -> float:
        """Ask for more than there is."""
        return float(torch.empty(size, dtype=torch.uint8, device=ctx.device)[0])

    e = engine(more=[endless])
    whole = torch.cuda.get_device_properties(0).total_memory
    result = e.run(graph(f"nodes: {{m: {{type: gpu.endless, size: {2 * whole}}}}}\noutputs: {{m: $m}}"))
    message = result.errors[0].message
    assert "out of memory" in message and "holds" in message and result.errors[0].trace == ""
    assert not e.run(chain(2)).errors, "the device is as good as before"
