"""The built-in packs: manifests that say what is there, and help for whoever turns the knobs."""

import importlib
import pkgutil
from pathlib import Path

import pytest

import nodegraph_nodes
from nodegraph.nodetype import NodeType
from nodegraph.packs import Catalogue, read_pack

PACKS = ("media", "text", "diffusion", "gan", "music", "audio", "picture", "mask", "image", "style", "mix", "video", "starter")
FOLDER = Path(next(iter(nodegraph_nodes.__path__)))


def pack(name):
    return read_pack(f"nodegraph_nodes.{name}", FOLDER / name)


def declared(name):
    """The nodes that the modules of a pack declare, by name. Training code is not part of the vocabulary."""
    package = importlib.import_module(f"nodegraph_nodes.{name}")
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.ispkg:
            continue
        loaded = importlib.import_module(f"nodegraph_nodes.{name}.{module.name}")
        for value in vars(loaded).values():
            nodetype = getattr(value, "__nodetype__", None)
            if isinstance(nodetype, NodeType) and nodetype.call.__module__ == loaded.__name__:
                found[nodetype.name] = module.name
    return found


@pytest.mark.parametrize("name", PACKS)
def test_a_manifest_names_each_node_of_its_pack_and_where_it_is(name):
    assert pack(name).nodes == declared(name)


@pytest.mark.parametrize("name", PACKS)
def test_each_type_that_a_manifest_names_is_there(name):
    catalogue = Catalogue()
    for type_name in pack(name).types:
        assert catalogue.porttype(type_name).name == type_name


@pytest.mark.parametrize("name", PACKS)
def test_every_node_and_every_port_that_is_set_by_hand_has_help(name):
    catalogue = Catalogue()
    for node_name in pack(name).nodes:
        nodetype = catalogue.nodetype(node_name)
        assert nodetype.help, node_name
        for port in nodetype.inputs.values():
            by_hand = port.type.parse is not None
            assert port.help or not by_hand, f"{node_name}.{port.name}"


def test_each_starter_model_is_recognised_as_one_kind_of_model():
    catalogue = Catalogue()
    kinds = {name: catalogue.porttype(name) for name in (
        "DiffusionModel", "GanModel", "LanguageModel", "MusicModel", "UpscaleModel", "DepthModel", "SegmentationModel",
        "SamModel", "PersonModel", "PoseModel", "MusicVaeModel", "MelodyRnnModel", "Lora", "SoundModel", "TranscriberModel")}
    assert {model: [name for name, kind in kinds.items() if kind.holds(catalogue.model_folder(model))]
            for model in catalogue.model_names()} == {
        "audio/transcriber": ["TranscriberModel"], "mask/person": ["PersonModel"], "picture/upscaler": ["UpscaleModel"], "starter/composer": ["MusicModel"],
        "starter/painter": ["DiffusionModel"], "starter/neon": ["Lora"], "starter/poet": ["LanguageModel"], "starter/weaver": ["GanModel"],
        "starter/drummer": ["MusicVaeModel"], "starter/singer": ["MusicVaeModel"], "starter/fiddler": ["MelodyRnnModel"]}
