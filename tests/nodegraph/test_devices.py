"""Values and models on an accelerator: stood in for here by tensors that say they are on one, and count copies."""

import pytest
import torch

from nodegraph import ModelType, Recipe, node
from nodegraph.cache.memory import Memory
from nodegraph.cache.values import prepare
from nodegraph.models import Models
from nodegraph.packs import Catalogue
from nodegraph.types import ANY

from .playground import Tensor, engine, graph, told

COPIES: list[str] = []


class FarTensor(torch.Tensor):
    """A tensor that says it is on `far:0` and notes every copy that brings it to the host."""

    @property
    def device(self):
        return _Far()

    def cpu(self):
        COPIES.append("cpu")
        return self.as_subclass(torch.Tensor)

    def numpy(self):
        COPIES.append("numpy")
        return self.as_subclass(torch.Tensor).numpy()


class _Far:
    type = "far"

    def __str__(self) -> str:
        return "far:0"


def far(size: int, fill: float) -> torch.Tensor:
    return torch.full((size,), fill).as_subclass(FarTensor)


@node("far.make", version=1)
def make(size: int, fill: float) -> Tensor:
    """A tensor over there."""
    return far(size, fill)


@node("far.twice", version=1)
def twice(tensor: Tensor) -> Tensor:
    """Double it where it is."""
    assert isinstance(tensor, FarTensor)
    return tensor * 2


CHAIN = """
nodes:
  a: {type: far.make, size: 1000, fill: 1.0}
  b: {type: far.twice, tensor: $a}
  c: {type: far.twice, tensor: $b}
outputs: {c: $c}
"""


@pytest.fixture(autouse=True)
def no_copies_yet(monkeypatch):
    # The stand-in cannot create tensors on a device of its own name; everything else of the digest is the real code.
    for maker in ("zeros", "arange"):
        real = getattr(torch, maker)
        monkeypatch.setattr(torch, maker, lambda *a, _real=real, device=None, **k: _real(*a, **k))
    COPIES.clear()


def test_no_link_copies_a_tensor_to_the_host():
    e = engine(more=[make, twice])
    _, result = told(e, graph(CHAIN))
    assert isinstance(result["c"], FarTensor) and float(result["c"].sum()) == 4000
    assert COPIES == []


def test_a_full_device_moves_its_least_worthy_values_to_the_host_and_no_further():
    memory = Memory({"far:0": 10_000, "cpu": 1 << 30})
    values = [prepare(ANY, far(1000, float(i))) for i in range(4)]
    for seconds, value in zip((5.0, 0.1, 3.0, 4.0), values):
        memory.put(ANY, value, seconds)
    assert memory.used["far:0"] <= 10_000 and memory.moves == 2
    places = [isinstance(memory.get(v.digest), FarTensor) for v in values]
    assert places == [True, False, False, True]


def live_model(log: list):
    def load(recipe, device, dtype):
        log.append(("load", recipe.source, device))
        return {"at": device}

    def move(model, device):
        log.append(("move", device))
        model["at"] = device
    return ModelType("Toy", load=load, move=move, size=lambda model: 6000)


def recipe(name: str) -> Recipe:
    return Recipe("Toy", name, "", name.encode())


def test_models_and_values_share_one_account_of_the_device():
    log: list = []
    memory = Memory({"far:0": 10_000, "cpu": 1 << 30})
    models, toy = Models(Catalogue(installed=False), lambda: ("far:0", "float32"), memory=memory), live_model(log)
    value = prepare(ANY, far(1500, 1.0))
    memory.put(ANY, value, 1e-6)
    with models.lease(toy, recipe("one")):
        assert not isinstance(memory.get(value.digest), FarTensor), "the value made room for the model"
    with models.lease(toy, recipe("two")):
        assert log == [("load", "one", "far:0"), ("load", "two", "far:0"), ("move", "cpu")]
    with models.lease(toy, recipe("one")) as model:
        assert model["at"] == "far:0"
    assert models.loads == 2 and memory.taken("far:0") <= 10_000


def test_a_model_larger_than_the_device_is_offloaded_and_stays_on_the_host(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"x" * 20_000)
    options = []
    toy = ModelType("Toy", load=lambda recipe, device, dtype: options.append(dict(recipe.options)) or {},
                    size=lambda model: 20_000)
    memory = Memory({"far:0": 10_000, "cpu": 1 << 30})
    models = Models(Catalogue(installed=False), lambda: ("far:0", "float32"), memory=memory)
    large = Recipe("Toy", "large", str(tmp_path), b"large")
    for _ in range(2):
        with models.lease(toy, large):
            assert memory.taken("far:0") == 0 and memory.taken("cpu") == 20_000
    assert options == [{"offload": True}]


def test_one_live_copy_serves_every_node_that_asks_for_a_model(tmp_path):
    log: list = []
    toy = live_model(log)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "config.json").write_text("{}")
    from typing import Annotated, Any

    Toy = Annotated[Any, toy]

    @node("m.use", version=1)
    def use(model: Toy, text: str) -> str:
        """Use a model."""
        return f"{text} {model['at']}"

    text = """
nodes:
  a: {type: m.use, model: weights, text: a}
  b: {type: m.use, model: ./weights, text: b}
outputs: {a: $a, b: $b}
"""
    e = engine(more=[use])
    _, result = told(e, graph(text, tmp_path / "g.yaml"))
    assert dict(result) == {"a": "a cpu", "b": "b cpu"} and len(log) == 1
    (tmp_path / "weights" / "config.json").write_text("{ }")
    story, _ = told(e, graph(text, tmp_path / "g.yaml"))
    assert story.ran == ["a", "b"], "another content is another model"


def test_a_floating_type_that_is_asked_for_by_name_is_another_request(tmp_path):
    toy = ModelType("Toy", load=lambda recipe, device, dtype: {"as": dtype}, size=lambda model: 1)
    (tmp_path / "weights").mkdir()
    from typing import Annotated, Any

    @node("m.tell", version=1)
    def tell(model: Annotated[Any, toy]) -> str:
        """What the model was loaded as."""
        return model["as"]

    text = "nodes: {a: {type: m.tell, model: weights}}\noutputs: {a: $a}"
    for dtype, told_as, ran in [("auto", "float32", ["a"]), ("bfloat16", "bfloat16", ["a"]), ("float16", "float16", ["a"]),
                                ("bfloat16", "bfloat16", []), ("auto", "float32", [])]:
        with engine(tmp_path / "cache", more=[tell], dtype=dtype) as e:
            story, result = told(e, graph(text, tmp_path / "g.yaml"))
            assert result["a"] == told_as and story.ran == ran


def test_running_out_of_memory_evicts_and_tries_once_more():
    tries = []

    @node("oom.once", version=1)
    def once(text: str) -> str:
        """Fail the first time."""
        tries.append(text)
        if len(tries) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")
        return text

    e = engine(more=[once])
    e.cache.keep(ANY, prepare(ANY, torch.zeros(1000)), 1.0)
    _, result = told(e, graph("nodes: {o: {type: oom.once, text: a}}\noutputs: {o: $o}"))
    assert result["o"] == "a" and len(tries) == 2 and not e.cache.memory.entries


def test_a_batch_too_large_for_memory_is_cut_in_two():
    sizes = []

    @node("oom.batch", version=1, batch="texts")
    def batch(texts: list[str]) -> list[str]:
        """Take two at most."""
        sizes.append(len(texts))
        if len(texts) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [t.upper() for t in texts]

    text = "nodes: {o: {type: oom.batch, each: texts, texts: [a, b, c, d, e]}}\noutputs: {o: $o}"
    story, result = told(engine(more=[batch]), graph(text))
    assert result["o"] == list("ABCDE") and sizes == [5, 5, 2, 3, 1, 2] and story.items("o") == (5, 0)


def test_memory_that_cannot_be_found_is_reported_with_what_holds_it():
    @node("oom.always", version=1)
    def always(text: str) -> str:
        """Never fit."""
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB. And more.")

    _, result = told(engine(more=[always]), graph("nodes: {o: {type: oom.always, text: a}}\noutputs: {o: $o}"))
    message = result.errors[0].message
    assert "out of memory" in message and "holds" in message and result.errors[0].trace == ""
