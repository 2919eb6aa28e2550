"""The workflows of docs/workflows/ run, each with a small model of the architecture that it is for."""

from pathlib import Path

import pytest
import torch
from PIL import Image as Pil

from nodegraph import Engine
from nodegraph.cli import main
from tests.nodes import test_every_node as every

from . import animators, priors, tiny
from .conftest import flux, kl_autoencoder, stable_diffusion
from .test_checkpoints import Zoo, flux_files
from .variations import image_variation

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / "docs/workflows").glob("*.yaml"))
MODELS = {  # by input: what makes one at a path
    "model": every.saved(stable_diffusion), "net": every.net, "other_net": every.net, "adapter": every.adapter,
    "style": every.hand, "thing": every.hand, "word": every.word, "vae": every.saved(lambda: kl_autoencoder(4)),
    "xl": lambda path: tiny.saved("xl", path), "refiner": lambda path: tiny.saved("xl_refiner", path),
    "prior": every.saved(priors.prior), "second": every.saved(priors.second), "flux": every.saved(flux),
    "redux": every.saved(lambda: priors.redux(flux())), "animator": lambda path: animators.saved("stable_video", path),
    "varier": every.saved(image_variation), "editor": lambda path: tiny.saved("kontext", path), "mover": every.clips}
SHORT = {"steps": 3, "frames": 3, "seeds": [1, 2]}
SMALL = {"split-files": "picture", "edit": "edited", "image-to-video": "moving", "redux": "sketch"}  # the nodes that would paint at the size that their models say
LONGER = {"refiner": {"steps": 5, "handed": 4}}  # which share their steps


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The models, each made when it is first asked for: function(graph) -> what its inputs are given."""
    folder = tmp_path_factory.mktemp("models")
    known = {"photo": folder / "photo.png"}
    Pil.open(ROOT / "graphs/pictures/tree.jpg").resize((64, 64)).save(known["photo"])

    def given(graph):
        if "transformer" in graph.inputs and "transformer" not in known:
            files = flux_files(Zoo(folder))
            known.update(transformer=files["model"], clip_l=files["clip"], t5=files["t5xxl"], ae=files["vae"],
                         tokenizer=files["t5"] / "tokenizer.json")
        for name in graph.inputs:
            if name in MODELS and name not in known:
                torch.manual_seed(0)
                known[name] = MODELS[name](folder / name)
        return {name: str(known[name]) for name in graph.inputs if name in known}
    return given


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with Engine(tmp_path_factory.mktemp("cache"), device="cpu") as found:
        yield found


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")  # diffusers' own
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_makes_what_it_says(path, engine, made):
    graph = engine.load(path)
    for side in ("width", "height") if path.stem in SMALL else ():
        graph = graph.with_value(SMALL[path.stem], side, 64)
    short = {name: value for name, value in {**SHORT, **LONGER.get(path.stem, {})}.items() if name in graph.inputs}
    given = {**made(graph), **short}
    if path.stem == "detail":
        del given["photo"]  # which is cut where the shipped one has a face
    result = engine.run(graph, given)
    assert not result.errors
    for value in (one for all_of in result.values() for one in (all_of if isinstance(all_of, list) else [all_of])):
        assert value.form.frames > 1 if hasattr(value, "form") else value.isfinite().all() and value.std() > 0


def test_a_workflow_is_run_by_the_command_that_the_page_tells(made, engine, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    path = ROOT / "docs/workflows/text-to-image.yaml"
    model = made(engine.load(path))["model"]
    assert main(["run", str(path), "--set", f"model={model}", "--set", "steps=2", "--out", str(tmp_path / "out")]) == 0, \
        capsys.readouterr().err
    assert (tmp_path / "out/picture.png").stat().st_size


def test_the_page_of_workflows_names_each_of_them():
    page = (ROOT / "docs/workflows.md").read_text("utf-8")
    assert [path.name for path in WORKFLOWS if f"workflows/{path.name}" not in page] == []
