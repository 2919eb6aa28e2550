"""Models on a device: larger than it may hold, in short floating types, and beside the same on a processor."""

from pathlib import Path

import pytest
import torch

from nodegraph import Catalogue, Engine, Recipe

from .ground import DEVICE, MIB, allocated, device_only, graph, on_gpu
from .test_residency import PAINTING

pytestmark = on_gpu


def painted(**settings) -> torch.Tensor:
    """The picture, painted by an Engine of its own."""
    with Engine(None, **{"device": DEVICE, "dtype": "float32", **settings}) as e:
        result = e.run(graph(PAINTING))
        assert not result.errors, result.errors
        return result["picture"].cpu()


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    """The picture in float32 on the device."""
    return painted()


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    """How far two pictures in 0..1 are apart, on average."""
    return float((one.double() - other.double()).abs().mean())


@device_only
def test_the_same_seed_paints_the_same_picture_on_the_device(picture):
    assert torch.equal(painted(), picture)


@device_only
def test_a_device_and_a_processor_paint_nearly_the_same(picture, figure):
    distance = apart(painted(device="cpu"), picture)
    figure("mean difference of pixels in 0..1", f"{distance:.2g}")
    assert distance < 0.02


def test_bfloat16_paints_nearly_what_float32_does(picture, figure):
    distance = apart(painted(dtype="bfloat16"), picture)
    figure("mean difference of pixels in 0..1", f"{distance:.2g}")
    assert 0 < distance < 0.05


def test_bfloat16_weighs_the_next_word_nearly_as_float32_does(figure):
    from nodegraph_nodes.text import models

    folder = Catalogue().model_folder("starter/poet")
    recipe = Recipe("LanguageModel", "starter/poet", str(folder))
    logits = {}
    for dtype in ("float32", "bfloat16"):
        writer = models.load(recipe, DEVICE, dtype)
        ids = torch.tensor([writer.tokenizer("a red boat on a blue sea at dusk")["input_ids"]], device=DEVICE)
        with torch.no_grad():
            logits[dtype] = writer.model(input_ids=ids).logits[0].double()
    error = float((logits["bfloat16"] - logits["float32"]).norm() / logits["float32"].norm())
    figure("relative error of the logits", f"{error:.2g}")
    assert 0 < error < 0.05


def words(device: str, dtype: str) -> list[str]:
    """A verse of which each word is the likeliest."""
    verse = graph("nodes: {v: {type: text.generate, model: starter/poet, prompt: a red boat, max_tokens: 40, "
                  "temperature: 0}}\noutputs: {v: $v}")
    with Engine(None, device=device, dtype=dtype) as e:
        result = e.run(verse)
        assert not result.errors, result.errors
        return str(result["v"]).split()


def test_a_verse_on_the_device_begins_as_on_a_processor(figure):
    there, here, short = words(DEVICE, "float32"), words("cpu", "float32"), words(DEVICE, "bfloat16")
    figure("words", f"{len(there)}; alike on the processor {alike(there, here)}, in bfloat16 {alike(there, short)}")
    assert alike(there, here) >= 5


def alike(one: list[str], other: list[str]) -> int:
    """How many words two texts begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


@device_only
def test_a_model_larger_than_the_device_may_hold_visits_it_in_parts(picture, figure):
    folder = Path(str(Catalogue().model_folder("starter/painter")))
    weights = sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
    before = allocated()
    with Engine(None, device=DEVICE, dtype="float32", device_memory=weights // 2) as e:
        result = e.run(graph(PAINTING))
        assert not result.errors, result.errors
        kept, peak = allocated() - before, torch.cuda.max_memory_allocated() - before
        distance = apart(result["picture"].cpu(), picture)
        assert e.models.loads == 1
    figure("weights", f"{weights / MIB:.0f} MiB, of which the device may hold {weights // 2 / MIB:.0f} MiB")
    figure("kept on the device", f"{kept / MIB:.1f} MiB, at the peak {peak / MIB:.0f} MiB")
    figure("mean difference of pixels in 0..1", f"{distance:.2g}")
    assert kept < weights // 2 and distance < 1e-3
