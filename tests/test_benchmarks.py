"""The benchmarks run, in their smallest form: the scores of the starter models, the engine's, the GPU's."""

import gc
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """script(name): one of the benchmarks, imported as if its folder were the place it was started from."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    gc.freeze()  # each round collects, and all that other tests imported is no part of it
    yield import_module
    gc.unfreeze()
    for path in BENCHMARKS.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.fixture
def starter(script):
    return script("starter")


@pytest.mark.parametrize("name, count", [("painter", "count"), ("poet", "verses"), ("composer", "tunes")])
def test_each_model_is_scored_200_times_unless_told_otherwise(starter, name, count):
    assert vars(starter.arguments([name]))[count] == 200
    asked = starter.arguments([name, f"--{count}", "4", "--threads", "1"])
    assert vars(asked)[count] == 4 and asked.threads == 1 and (asked.model / "README.md").exists()


def test_figures_are_written_as_json_too(starter, monkeypatch, tmp_path):
    monkeypatch.setattr(starter.scorer("poet"), "score", lambda asked: {"verses": asked.verses})
    assert starter.main(["poet", "--verses", "3", "--json", str(tmp_path / "figures.json")]) == 0
    assert (tmp_path / "figures.json").read_text().split() == ["{", '"verses":', "3", "}"]


def test_all_three_are_scored_each_with_its_own_options(starter, monkeypatch, tmp_path):
    for name in starter.MODELS:
        monkeypatch.setattr(starter.scorer(name), "score", lambda asked: asked.model.name)
    assert starter.main(["all", "--json", str(tmp_path / "figures.json")]) == 0
    assert [f'"{name}": "{name}"' in (tmp_path / "figures.json").read_text() for name in starter.MODELS] == [True] * 3


def test_a_model_that_is_not_there_is_refused_with_those_that_are(starter, capsys):
    with pytest.raises(SystemExit) as refused:
        starter.main(["sculptor"])
    assert refused.value.code == 2 and "'painter', 'poet', 'composer', 'all'" in capsys.readouterr().err


def test_the_poets_judge_tells_sound_verses_from_spoilt_ones(starter):
    accuracy = starter.scorer("poet").own_accuracy(40)
    assert len(accuracy) == 4 and min(accuracy.values()) > 0.9


# ---- the engine's -------------------------------------------------------------------------------------------------

SMALLEST = ["--nodes", "100", "--rounds", "1"]


def test_the_engine_is_measured_and_compared_with_stored_figures(script, tmp_path, capsys):
    engine, stored = script("engine"), tmp_path / "figures.json"
    engine.main([*SMALLEST, "--shape", "chain", "--json", str(stored)])
    figures = json.loads(stored.read_text())["groups"]["chain of 100"]
    assert figures["first run, in memory"]["times"] > 0 and figures["an edit in the middle"]["number"] == 50
    figures["check it"] = {"note": "not there", "seconds": None}
    stored.write_text(json.dumps({"groups": {"chain of 100": figures}}))
    capsys.readouterr()
    engine.main([*SMALLEST, "--shape", "chain", "--against", str(stored)])
    lines = {line[2:38].strip(): line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")}
    assert "before" in lines["plan it"] and lines["plan it"].endswith("%)")
    assert lines["check it"].endswith("before not there")


def test_what_repeats_gives_what_the_loop_gives(script, tmp_path):
    """A case that this engine refuses, or does otherwise than the loop, would have no figure."""
    repeats = script("engine_repeats")
    refused = {}
    for case in repeats.CASES:
        (tmp_path / "case").mkdir(exist_ok=True)
        try:
            repeats.accepted(case, tmp_path / "case", {"many": case.length(100)}, case.loop(100)())
        except repeats.Refused as error:
            refused[case.what] = str(error)
    assert refused == {}


def test_a_case_that_is_not_understood_is_told_as_not_there(script):
    repeats = script("engine_repeats")
    unknown = repeats.Case("later", "nodes: {m: {type: bench.later}}\noutputs: {out: $m}\n", lambda count: lambda: [])
    other = repeats.MAP._replace(what="other", loop=lambda count: lambda: [])
    for case, note in ((unknown, "not there"), (other, "gives something else than the loop")):
        repeats.CASES[:] = [case]
        [row] = repeats.Repeats(10, 1).rows()
        assert (row.what, row.seconds, row.note) == (case.what, None, note)


def test_a_loop_is_measured_right_before_what_is_compared_with_it(script):
    calls = []
    row = script("engine_turns").Turns(lambda: calls.append("loop"), 2).row(
        "x", lambda made: calls.append(made), 4, before=lambda: calls.append("before") or "work", after=calls.append)
    assert calls == ["loop", "before", "work", "work"] * 2 and row.number == 4 and row.times is not None


def test_dependents_of_a_node_are_counted(script):
    shapes = script("engine_shapes")
    tree = shapes.Shape("tree", 15, 1).graph
    assert [shapes.dependents(tree, name) for name in ("n0", "n1", "n14")] == [15, 7, 1]


# ---- pictures -----------------------------------------------------------------------------------------------------

def test_upscaling_is_measured_by_size_and_tiles(script, capsys):
    assert script("upscale").main(["--sides", "24", "--tile", "16"]) == 0
    size, seconds, _, megabytes, unit = capsys.readouterr().out.rsplit(maxsplit=4)
    assert size.split() == ["24", "x", "24"] and float(seconds) > 0 and unit == "MB" and float(megabytes) < 200


# ---- a tree as it lies, and the GPU's -----------------------------------------------------------------------------

def test_a_tree_is_importable_as_it_lies_with_its_packs(script, tmp_path):
    folder = script("tree").importable()
    code = ("import nodegraph, nodegraph_nodes; from nodegraph import Catalogue; "
            "print(nodegraph.__file__); print(*sorted(Catalogue().packs))")
    # -S: without site-packages, so that nothing which is installed can be found in the tree's place.
    said = subprocess.run([sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *site_packages()])})
    assert said.returncode == 0, said.stderr
    where, packs = said.stdout.splitlines()
    assert where.startswith(str(folder)) and {"media", "diffusion", "starter"} <= set(packs.split())


def site_packages() -> list[str]:
    return [path for path in sys.path if path.endswith("site-packages")]


def test_without_a_device_make_gpu_says_so(script, capsys, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert script("gpu").main([]) == 2 and "no CUDA device" in capsys.readouterr().err


def test_the_gpu_page_tells_tests_and_figures_below_what_it_says_of_itself(script, tmp_path):
    gpu = script("gpu")
    results = [gpu.Test("it holds", "passed", [("kept", "1 MiB")]),
               gpu.Test("it does not", "failed", [], "assert 1 | 2\nmore")]
    parts = [gpu.Part("Speed", [("a node", "3 us")], "RuntimeError: no"), gpu.Part("Later", [], "no time")]
    gpu.write(tmp_path / "gpu.md", gpu.page("A card.", results, parts))
    text = (tmp_path / "gpu.md").read_text("utf-8")
    assert text.startswith(gpu.PAGE.read_text("utf-8").split(gpu.MARK)[0]) and text.count(gpu.MARK) == 1
    assert "1 tests passed, 1 failed, 0 were skipped" in text
    for line in ("| it holds | passed | kept: 1 MiB |", "| it does not | failed | assert 1 / 2 |", "| a node | 3 us |",
                 "| not measured | RuntimeError: no |", "| not measured | no time |"):
        assert line in text


def test_what_goes_wrong_in_one_measurement_is_told_and_spoils_no_other(script):
    gpu = script("gpu")

    def rows():
        yield "one", "1"
        raise RuntimeError("no more\nof it")

    assert gpu.part("t", rows, lambda: 1.0) == gpu.Part("t", [("one", "1")], "RuntimeError: no more")
    assert gpu.part("t", rows, lambda: -1.0) == gpu.Part("t", [], "there was no time left")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_gpu_script_runs_dry_on_a_processor(tmp_path):
    """Its tests too, all but those that only a device can pass."""
    page = tmp_path / "gpu.md"
    said = subprocess.run([sys.executable, str(BENCHMARKS / "gpu.py"), "--dry", "--write", str(page)], cwd=tmp_path,
                          capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert said.returncode == 0, said.stdout + said.stderr
    text = page.read_text("utf-8")
    assert " 0 failed" in text and "| Between nodes | |" in text and "plain diffusers" in text


@pytest.mark.parametrize("channels", [3, 4])
def test_the_nodes_for_pictures_are_timed_beside_pillow(script, channels):
    pictures = script("pictures")
    found = pictures.measure(24, 1, channels)
    assert [name for name, _, _ in found] == [name for name, _, _ in pictures.PAIRS]
    assert all(ours >= 0 and pillows >= 0 for _, ours, pillows in found)


@pytest.mark.slow
def test_a_film_is_measured_step_by_step(script, capsys):
    script("video").main(["--minutes", "0.01", "--width", "64", "--height", "48", "--forms", "gif"])
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("0.01 minutes of 64 x 48: 14 frames")
    assert [line.split()[0] for line in told[2:]] == ["nothing", "read", "show", "gif"]


# ---- for long, and from many threads

def test_a_graph_that_is_run_again_and_again_is_made_cheap_and_its_memory_read(script, tmp_path, capsys):
    long = script("long")
    from nodegraph import Engine, load

    graph = long.cheap(load(ROOT / "graphs/postcard.yaml"))
    assert graph.nodes["sketch"].inputs["steps"] == 1 and graph.nodes["verse"].inputs["max_tokens"] == 12
    (tmp_path / "g.yaml").write_text("nodegraph: 1\ninputs: {seed: {type: Seed, default: 1}}\n"
                                     "nodes: {p: {type: text.generate, model: starter/poet, prompt: a, seed: $seed, max_tokens: 2}}\n"
                                     "outputs: {p: $p}\n")
    with Engine(None) as engine:
        readings = long.watched(engine, engine.load(tmp_path / "g.yaml"), 8, objects=True)
    assert [row.runs for row in readings] == [2, 4, 6, 8] and all(row.resident > 1 << 20 for row in readings)
    assert "a run adds" in capsys.readouterr().out


@pytest.mark.slow
def test_two_engines_and_the_function_in_eight_threads_give_each_seed_its_own(script):
    runs, values = script("threads").together(8, 0.5, 2)
    assert sum(runs.values()) >= 8 and set(runs) == {"one", "two", "nodegraph.run"}
    assert values and all(len(seen) == 1 for seen in values.values())


def test_many_threads_take_up_nothing_of_other_days_and_say_how_far_values_are_apart(script, tmp_path, monkeypatch, capsys):
    import torch

    import nodegraph

    threads = script("threads")
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path))
    monkeypatch.setattr(nodegraph.engine, "_engine", None)
    (tmp_path / "g.yaml").write_text("nodegraph: 1\nnodes: {t: {type: text.join, texts: [a, b]}}\noutputs: {t: $t}\n")
    nodegraph.run(tmp_path / "g.yaml")
    with threads.nothing_remembered():
        assert nodegraph.run(tmp_path / "g.yaml").nodes["t"].status == "ran"
    assert nodegraph.run(tmp_path / "g.yaml").nodes["t"].status == "cached"
    nodegraph.engine.engine().close()

    near = [torch.zeros(3), torch.tensor([0.0, 0.5, 0.0])]
    assert threads.apart_by(*near) == 0.5 and threads.apart_by("a", "a") == 0 and threads.apart_by("a", "b") == float("inf")
    monkeypatch.setattr(threads, "together", lambda *asked: ({"one": 2}, {("picture", 2): near, ("verse", 1): ["a"]}))
    assert threads.main([]) == 1
    assert "picture of seed 2: 2 values, 0.5 apart at most" in capsys.readouterr().err


def test_the_weaver_is_scored_beside_drawings(script, tmp_path, capsys):
    import torch
    from safetensors.torch import save_file

    from nodegraph_nodes.gan.networks import Generator, Shape, stored

    torch.manual_seed(0)
    save_file(dict(stored(Generator(Shape(16, 12, (8, 8, 8), (8, 8), 8, 8)), torch.float16)), tmp_path / "model.safetensors")
    assert script("weaver").main(["--model", str(tmp_path), "--pictures", "24", "--steps", "2"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["judge"]["steps"] >= 2 and figures["nearest"] > 0 and set(figures["each"]) >= {"vine", "girih"}


@pytest.mark.slow
def test_how_far_a_gan_comes_is_measured_on_what_was_held_out(script, tmp_path):
    from nodegraph_nodes.gan.train import train

    told = script("gan_training")
    files = told.pictures(tmp_path / "pictures", 10)
    with pytest.warns(UserWarning, match="a GAN of 10 pictures"):
        train(files, size="16", network="small", shown=32, minutes=60.0, folder=str(tmp_path / "training"))
    figures = told.figures(tmp_path, files, 16)
    assert figures["pictures"] == 32 and figures["distance_learned"] < figures["distance_noise"] and (tmp_path / "sheet.png").exists()
    learned = told.torch.rand(3, 3, 16, 16)
    assert told.nearest(learned.flip(3), learned) < 1e-3 < told.nearest(-learned, learned)


# ---- music --------------------------------------------------------------------------------------------------------

def test_a_note_that_is_gone_or_moved_is_no_kept_one_and_a_semitone_that_lasts_is_a_clash(script):
    music = script("music")
    from dataclasses import replace

    from nodegraph_nodes.media.score import Note, Score, Text, Track

    tune = Score((Track("a", 0, False, (Note(60, 0, 1), Note(64, 1, 1), Note(65, 2, 2))),))
    longer = replace(tune, tracks=(replace(tune.tracks[0], notes=(*tune.tracks[0].notes, Note(67, 4, 1))),))
    moved = replace(tune, tracks=(replace(tune.tracks[0], notes=(Note(60, 0, 1), Note(64, 1.01, 1), Note(65, 2, 2))),))
    assert music.is_kept(tune, longer) and not music.is_kept(longer, tune) and not music.is_kept(tune, moved)
    assert music.is_kept(tune, moved, (1.0, 2.0))
    full = replace(tune, tracks=(*tune.tracks, Track("b", 0, False, (Note(52, 2, 2),))), texts=(Text(0, "C", "cue"),))
    assert music.harmony(tune, full) == (2, 1, 1)
    assert len({music.spoil(bytes(range(200)), music.random.Random(seed)) for seed in range(20)}) > 15
