"""A folder of MIDI becomes a MusicVAE, a melody RNN or a composer that other nodes take; a training that was killed goes on."""

import json
from pathlib import Path

import pytest
import torch
import yaml
from transformers import LlamaConfig, LlamaForCausalLM

from nodegraph import Engine, InputError, events as ev
from nodegraph_nodes.common import training
from nodegraph_nodes.media.score import Note, Score, Track
from nodegraph_nodes.media.scores.midi import save_midi
from nodegraph_nodes.music import models, train as nodes
from nodegraph_nodes.music.generate import generate
from nodegraph_nodes.music.learned import (
    course,
    folders,
    lessons,
    material,
    performing,
    rnn as rnn_network,
    transformer,
    vae as vae_network,
)
from nodegraph_nodes.music.rnn import rnn
from nodegraph_nodes.music.train import train_composer, train_rnn, train_vae
from nodegraph_nodes.music.vae import vae
from tests.nodes.listening import Listener, Stop


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Six pieces of four bars with a melody and drums; small networks, and a cache of their own."""
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(course, "VAE_SHAPES", {kind: vae_network.Shape(kind, z=6, encoder=8, conductor=8, decoder=8)
                                               for kind in ("drums", "melody")})
    monkeypatch.setattr(rnn_network.Shape, "__init__", lambda self, width=8, layers=1: (
        object.__setattr__(self, "width", width), object.__setattr__(self, "layers", layers))[0])
    folder = tmp_path / "pieces"
    folder.mkdir()
    for piece in range(6):
        sung = tuple(Note(60 + (piece * k) % 13, k, 1.0) for k in range(16))
        struck = tuple(Note((36, 42, 38, 42)[k % 4], k / 2, 0.25, 90) for k in range(32 - piece))
        save_midi(Score((Track("sung", 73, False, sung), Track("struck", 0, True, struck)), keys=((0.0, "C major"),)),
                  folder / f"{piece}.mid")
    return sorted(folder.iterdir())


def loaded(recipe):
    load = {"MusicVaeModel": folders.load_vae, "MelodyRnnModel": folders.load_rnn, "MusicModel": models.load}[recipe.kind]
    return load(recipe, "cpu", "float32")


def told(recipe):
    return json.loads(Path(recipe.source, "config.json").read_text())["training"]


@pytest.mark.parametrize("kind", ["drums", "melody"])
def test_a_folder_becomes_a_music_vae(files, kind):
    recipe = train_vae(files, kind, steps=4)
    assert len(vae(loaded(recipe), 2)) == 2
    assert told(recipe)["steps"] == 4 and 0 <= told(recipe)["scores"]["accuracy"] <= 1
    assert set(loaded(recipe).attributes) == {"density", "syncopation", "loudness" if kind == "drums" else "height"}


def test_a_folder_becomes_a_melody_rnn_and_keeps_its_plans(files):
    recipe = train_rnn(files, steps=3)
    model = loaded(recipe)
    assert rnn(model, length=32)[0].tracks[0].notes and model.plans == ()  # of four bars, and plans are of sixteen
    assert told(recipe)["scores"]["nats"] > 0


def test_a_folder_becomes_a_performance_rnn_which_is_no_melody_rnn(files, monkeypatch):
    monkeypatch.setattr(performing.Shape, "__init__", lambda self, width=8, layers=1: (
        object.__setattr__(self, "width", width), object.__setattr__(self, "layers", layers))[0])
    recipe = train_rnn(files, "performance", steps=3, transpose=2)
    model = loaded(recipe)
    assert model.network.hears == "performance" and told(recipe)["scores"]["nats"] > 0
    assert rnn(model, length=16, temperature=1.0)[0].seconds <= 2
    further = train_rnn(files, "performance", model, steps=1)
    assert told(further)["steps"] == 1
    with pytest.raises(InputError, match="kind is melody, and model is one of performance"):
        train_rnn(files, model=model, steps=1)


def test_a_folder_becomes_a_composer_of_all_its_instruments(files, monkeypatch):
    monkeypatch.setattr(transformer, "new_network", lambda vocabulary: LlamaForCausalLM(LlamaConfig(
        vocab_size=vocabulary, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=128, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=0)))
    recipe = train_composer(files, steps=2)
    model = loaded(recipe)
    assert {"Program_-1", "Program_73", "Bar_None"} <= set(model.tokenizer.vocab)
    assert generate(model, bars=8, seed=1).tracks
    assert transformer._preview(model.model, model.tokenizer).shape == (160, 480, 3)
    further = train_composer(files, model=model, steps=1)
    nats = [json.loads(Path(one.source, "training.json").read_text())["nats"] for one in (recipe, further)]
    assert nats[0] != nats[1] and all(one > 0 for one in nats)


def test_pieces_are_moved_and_their_drums_are_not(files):
    scores = material.read(files[:1])
    pieces = transformer.Pieces(scores, transformer.new_tokenizer(), 2, 1024)
    said = [[pieces.tokenizer[int(token)] for token in pieces.coded(0, semitones)] for semitones in (0, 2)]
    changed = {(a, b) for a, b in zip(*said, strict=True) if a != b}
    assert changed and all(a.startswith("Pitch_") and int(b[6:]) == int(a[6:]) + 2 for a, b in changed)
    assert said[0][0] == "BOS_None" and said[0][-1] == "EOS_None"


def test_a_graph_trains_once_and_again_when_a_file_is_added(files, tmp_path):
    graph = {"nodegraph": 1, "nodes": {
        "own": {"type": "music.train_vae", "scores": f"{files[0].parent}/*.mid", "steps": 2},
        "made": {"type": "music.vae", "model": "$own", "n": 4, "length": 32, "temperature": 1.0}}, "outputs": {"made": "$made"}}
    (tmp_path / "graph.yaml").write_text(yaml.safe_dump(graph))
    story = []
    with Engine(tmp_path / "cache", device="cpu") as engine:
        loaded_graph = engine.load(tmp_path / "graph.yaml")
        made = engine.run(loaded_graph)
        assert not made.errors and len(made["made"]) == 4
        engine.run(loaded_graph, emit=story.append)
        assert not [e for e in story if isinstance(e, ev.Started)]
        (files[0].parent / "more.mid").write_bytes(files[-1].read_bytes())
        engine.run(loaded_graph, emit=story.append)
        assert {e.node for e in story if isinstance(e, ev.Finished)} >= {"own"}


def test_a_stopped_training_goes_on_as_if_it_had_not_been(files, monkeypatch, tmp_path):
    monkeypatch.setattr(nodes, "_TELL_SECONDS", -1)
    listener = Listener()
    with pytest.raises(Stop):
        train_vae(files, steps=5, ctx=listener)
    taken = []
    step = lessons.Lesson.step
    monkeypatch.setattr(lessons.Lesson, "step", lambda self, number, fraction: taken.append(number) or step(self, number, fraction))
    stopped = train_vae(files, steps=5, ctx=listener)
    assert taken == [2, 3, 4]
    assert listener.seen[-1][0].startswith("step 5, held out: accuracy") and listener.seen[-1][1] == (160, 480, 3)
    unbroken = train_vae(files, steps=5, folder=str(tmp_path / "own"))
    ours, theirs = (loaded(recipe).network.state_dict() for recipe in (stopped, unbroken))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_one_that_has_learned_learns_further_and_stays_itself(files):
    first = loaded(train_vae(files, steps=3))
    before = {name: value.clone() for name, value in first.network.state_dict().items()}
    further = loaded(train_vae(files, model=first, steps=3))
    assert all(torch.equal(before[name], value) for name, value in first.network.state_dict().items())
    assert not torch.equal(before["head.weight"], further.network.state_dict()["head.weight"])
    with pytest.raises(InputError, match="kind is melody, and model is one of drums"):
        train_vae(files, "melody", first)


def test_a_network_learns_what_it_is_shown():
    torch.manual_seed(0)
    shown = torch.zeros(4, 32, 9, dtype=torch.uint8)
    shown[torch.arange(4), :, torch.arange(4)] = 90
    one = course.Course(folders.VAE, shown, shown, vae_network.Shape("drums", z=4, encoder=8, conductor=8, decoder=16),
                        lessons.Rules(batch=8, rate=2e-2, warmup=1, average=0.5, free=8.0), "four")
    lesson = one.lesson()
    before = one.judged(lesson.average)
    for number in range(60):
        torch.manual_seed(number)
        lesson.step(number, 0.0)
    assert one.judged(lesson.average)["f1"] > 0.9 > before["f1"]


def test_what_is_of_no_use_is_told_of_or_refused(files, tmp_path):
    (files[0].parent / "no.mid").write_bytes(b"")
    waltz = Score((Track("a", 0, True, (Note(36, 0, 1),)),), metres=((0.0, 3, 4),))
    save_midi(waltz, files[0].parent / "waltz.mid")
    with pytest.warns(UserWarning) as warned:
        train_vae(sorted(files[0].parent.iterdir()), steps=1)
    words = " ".join(str(one.message) for one in warned)
    assert "1 of 8 files cannot be read and are left out: no.mid (" in words
    assert "1 of 7 scores have no two bars of drums in 4/4 and are left out" in words
    with pytest.raises(InputError, match="none of the files has two bars of drums in 4/4"), pytest.warns(UserWarning):
        train_vae([files[0].parent / "waltz.mid"], steps=1)
    train_vae(files, steps=1, folder=str(tmp_path / "own"))
    with pytest.raises(InputError, match="is of a training whose subject was"):
        train_vae(files[:5], steps=1, folder=str(tmp_path / "own"))
    assert training.CHECKPOINT in {path.name for path in (tmp_path / "own").iterdir()}
