"""A few pictures become an adapter that any program reads, and the model that learned is as it was."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from nodegraph import Context, Engine, InputError, Recipe
from nodegraph_nodes.common import training
from nodegraph_nodes.diffusion.advice import Advice
from nodegraph_nodes.diffusion.calls import dice
from nodegraph_nodes.diffusion.families import denoiser, denoiser_name
from nodegraph_nodes.diffusion.models import fit, load, quiet
from nodegraph_nodes.diffusion.paint import paint
from nodegraph_nodes.diffusion.train import train_lora
from nodegraph_nodes.diffusion.tuning import course, lesson, references
from nodegraph_nodes.diffusion.tuning.alignment import aligned
from nodegraph_nodes.diffusion.tuning.calls import Habit, together
from nodegraph_nodes.diffusion.tuning.captions import captions_for, of_name
from nodegraph_nodes.diffusion.tuning.lesson import Material, parted
from nodegraph_nodes.diffusion.tuning.loss import Example, Loss
from nodegraph_nodes.diffusion.tuning.studio import Studio
from nodegraph_nodes.diffusion.tuning.targets import Targets
from nodegraph_nodes.media.image import save_png
from nodegraph_nodes.starter.knows import PAINTERS_ADVICE
from nodegraph_nodes.starter.scene import scene

from . import tiny

pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),  # of diffusers
              pytest.mark.filterwarnings("ignore:.*is far from the .* that this model was made for")]
SMALL = {"steps": 3, "minutes": 60, "size": 32, "batch": 2}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Six files whose names are their captions."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(6):
        torch.manual_seed(number)
        save_png(torch.rand(3, 8, 8).repeat_interleave(5, 1).repeat_interleave(4, 2), folder / f"boat_{number:02}.png")
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def inpainter(tmp_path_factory):
    return tiny.live("sd3_inpaint", tmp_path_factory.mktemp("inpainter"))


@pytest.fixture
def finding(inpainter, monkeypatch):
    """A model that names starter.scene as what finds what it is shown."""
    monkeypatch.setattr(inpainter, "advice", Advice(**{name: PAINTERS_ADVICE[name] for name in ("finder", "finder_version")}))
    return inpainter


class Told(Context):
    previews = False

    def __init__(self, ends_at=""):
        self.words, self.ends_at, self.seen = [], ends_at, []

    def report(self, done, total=None, text="", preview=None):
        self.words.append(text)
        self.seen.append(preview)
        if self.ends_at and text.startswith(self.ends_at):
            raise KeyboardInterrupt


def facts(path):
    with safe_open(path, "pt") as file:
        return file.metadata()


@pytest.mark.parametrize("name", ["sd3", *(pytest.param(name, marks=pytest.mark.slow) for name in ("sd", "xl", "flux"))])
def test_an_adapter_fits_plain_diffusers_and_the_model_is_as_it_was(name, models, checkpoints, pictures, tmp_path):
    given, wanted = {"width": 32, "height": 32, "steps": 2, "seed": 1}, {**SMALL, "steps": 12, "rate": 0.02, "rank": 4}
    before = paint(models[name], "boat", **given)
    told = Told()
    made = train_lora(models[name], pictures, word="me", **wanted, folder=str(tmp_path / "t"), ctx=told)
    assert torch.equal(before, paint(models[name], "boat", **given))
    assert not any("lora" in part for part, _ in denoiser(models[name]).named_parameters())
    assert made.kind == "Lora" and "held-out loss" in told.words[-1]

    about = facts(made.source)
    assert about["modelspec.trigger_phrase"] == "me" and about["ss_steps"] == "12" and about["ss_num_train_images"] == "6"
    assert float(about["nodegraph.loss_after"]) != float(about["nodegraph.loss_before"])
    absent = {"text_encoder_3": None, "tokenizer_3": None} if name == "sd3" else {}
    with quiet():
        plain = type(models[name]).from_pretrained(checkpoints / name, **absent)
    plain.set_progress_bar_config(disable=True)
    plain.load_lora_weights(made.source)
    own = getattr(plain, denoiser_name(plain))
    assert {key.removeprefix(denoiser_name(plain) + ".") for key in load_file(made.source)} == {
        key.replace(".default_0", "") for key in own.state_dict() if "lora_" in key}
    recipe = Recipe("DiffusionModel", name, str(checkpoints / name)).with_patch(
        Recipe("lora", made.source, made.source, b"1", (("part", "both"), ("weight", 1.0))))
    try:
        with_it = paint(fit(models[name], recipe), "me, boat", **given)
    finally:
        fit(models[name], Recipe("DiffusionModel", name, str(checkpoints / name)))
    assert not torch.equal(with_it, paint(models[name], "me, boat", **given))


def test_what_is_trained_foresees_pictures_better(models, pictures, tmp_path):
    made = train_lora(models["sd3"], pictures[:5], **{**SMALL, "steps": 60, "rate": 0.02}, folder=str(tmp_path))
    about = facts(made.source)
    assert about["nodegraph.judged_on"] == "pictures learned from"
    assert float(about["nodegraph.loss_after"]) < 0.95 * float(about["nodegraph.loss_before"])


@pytest.mark.parametrize("name", ["sd3", "flux"])
def test_in_training_a_denoiser_is_called_as_its_own_pipeline_calls_it(name, models, pictures):
    """Of a picture of zeros and the noise that the pipeline begins with, at the level that it begins at."""
    studio = Studio(models[name], 32, 32)
    (example,) = studio.variants(studio.picture(pictures[0]), "boat", None, False)
    empty = Example(torch.zeros_like(example.samples), example.call)
    loss = Loss(studio.pipe, Targets(studio.pipe.scheduler, studio.tokens(example.samples)), studio.habit(), 2)
    calls = []
    hook = denoiser(studio.pipe).register_forward_pre_hook(lambda _, given, named: calls.append((given, named)), with_kwargs=True)
    noise = torch.randn(example.samples.shape, generator=dice(0))
    errors = loss.of([empty] * 2, [noise] * 2, torch.ones(2))
    hook.remove()
    ((given, named),) = calls
    assert given == () and errors.shape == (2,) and errors[0] == pytest.approx(float(errors[1]), rel=1e-5)
    assert set(named) == set(example.call.settings)
    for key, value in example.call.settings.items():
        if isinstance(value, torch.Tensor):
            ours = named[key] if key in ("img_ids", "txt_ids") else named[key][:1]
            assert ours.dtype == value.dtype and torch.allclose(ours, value, atol=1e-5), key


def test_flows_noise_and_velocity_are_asked_for_as_their_schedulers_have_them():
    from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler

    samples, noise, levels = torch.randn(2, 4, 3, 3), torch.randn(2, 4, 3, 3), torch.tensor([0.25, 0.75])
    flow = Targets(FlowMatchEulerDiscreteScheduler(shift=3.0), 16)
    asked = flow.question(samples, noise, levels)
    assert torch.allclose(asked.noisy[0], 0.75 * samples[0] + 0.25 * noise[0]) and asked.times.tolist() == [250, 750]
    assert torch.equal(asked.answer, noise - samples)
    assert flow.spread(torch.tensor([0.5])).item() == pytest.approx(0.75)  # 3 * 0.5 / (1 + 2 * 0.5)
    dynamic = Targets(FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True), 4096)
    assert dynamic.shift == pytest.approx(torch.tensor(1.15).exp().item())
    for kind in ("epsilon", "v_prediction", "sample"):
        scheduler = DDIMScheduler(prediction_type=kind)
        asked = Targets(scheduler, 16).question(samples, noise, levels)
        times = torch.tensor([250, 750])
        assert asked.times.tolist() == times.tolist()
        assert torch.allclose(asked.noisy, scheduler.add_noise(samples, noise, times), atol=1e-6)
        right = {"epsilon": noise, "sample": samples, "v_prediction": scheduler.get_velocity(samples, noise, times)}[kind]
        assert torch.allclose(asked.answer, right, atol=1e-6)


def test_a_family_that_turns_time_and_answers_is_seen_through(tmp_path):
    assert Studio(tiny.live("lumina2", tmp_path), 32, 32).habit() == Habit(pytest.approx(-0.001), pytest.approx(1.0), -1)


@pytest.mark.parametrize(("name", "why"), [("sana_sprint", "changes what its denoiser answers"),
                                           ("z_image", "not called once a step"), ("pixart_sigma", "takes no adapters")])
def test_a_family_that_cannot_be_trained_so_is_refused_in_a_sentence(name, why, pictures, tmp_path):
    with pytest.raises(InputError, match=why):
        train_lora(tiny.live(name, tmp_path / "model"), pictures, **{**SMALL, "size": tiny.PICTURES[name][1]},
                   folder=str(tmp_path / "t"))


def test_a_training_that_was_stopped_ends_where_an_unbroken_one_does(models, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(course, "_TELL_SECONDS", 0.0)
    given = {**SMALL, "steps": 6, "prior": ["a cat"]}
    whole = train_lora(models["sd3"], pictures, **given, folder=str(tmp_path / "whole"))
    with pytest.raises(KeyboardInterrupt):
        train_lora(models["sd3"], pictures, **given, folder=str(tmp_path / "broken"), ctx=Told("step 3"))
    assert not any("lora" in part for part, _ in denoiser(models["sd3"]).named_parameters())
    kept = (tmp_path / "broken" / "prior.safetensors").stat().st_mtime_ns
    told = Told()
    resumed = train_lora(models["sd3"], pictures, **given, folder=str(tmp_path / "broken"), ctx=told)
    assert [line.split(",")[0] for line in told.words if line.startswith("step ")] == ["step 4", "step 5", "step 6"]
    assert (tmp_path / "broken" / "prior.safetensors").stat().st_mtime_ns == kept
    first, second = load_file(whole.source), load_file(resumed.source)
    assert first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


def test_more_steps_go_on_from_fewer_and_each_length_has_a_file_of_its_own(models, pictures, tmp_path):
    short = train_lora(models["sd3"], pictures, **SMALL, folder=str(tmp_path))
    told = Told()
    longer = train_lora(models["sd3"], pictures, **{**SMALL, "steps": 5}, folder=str(tmp_path), ctx=told)
    assert [short.source[-8:], longer.source[-8:]] == ["lora-3.safetensors"[-8:], "lora-5.safetensors"[-8:]]
    assert short.source != longer.source and any(line.startswith("step 5") for line in told.words)
    with pytest.raises(InputError, match="is of a training whose subject was"):
        train_lora(models["sd3"], pictures[:5], **SMALL, folder=str(tmp_path))


def test_trainings_without_a_folder_lie_by_their_content(models, pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path))
    places = {train_lora(models["sd3"], some, **{**SMALL, "steps": 1}, word=word).source
              for some, word in ((pictures, ""), (pictures, "hand"), (pictures[:4], ""), (pictures, ""))}
    assert len(places) == 3 and training.kept_folder() == tmp_path / "training"


def test_another_seed_is_another_training_with_a_place_of_its_own(models, pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path))
    first, second = (train_lora(models["sd3"], pictures, **SMALL, seed=seed) for seed in (1, 2))
    assert Path(first.source).parent != Path(second.source).parent and len(list((tmp_path / "training").iterdir())) == 2


def test_half_of_a_model_that_is_half_precise_learns_in_whole_precision(checkpoints, pictures, tmp_path):
    pipe = load(Recipe("DiffusionModel", "sd3", str(checkpoints / "sd3")), "cpu", "bfloat16")
    made = train_lora(pipe, pictures, **SMALL, folder=str(tmp_path))
    assert {tensor.dtype for tensor in load_file(made.source).values()} == {torch.float32}
    assert {part.dtype for part in denoiser(pipe).parameters()} == {torch.bfloat16}


def test_a_model_that_was_trained_for_inpainting_is_shown_its_drawings_mirrored_with_the_pictures(inpainter, pictures):
    studio = Studio(inpainter, 32, 32)
    drawing = torch.zeros(4, 32, 32)
    drawing[[0, 3], 8:24, 2:12] = 1
    bare, = studio.variants(studio.picture(pictures[0]), "boat", None, False)
    plain, mirrored = studio.variants(studio.picture(pictures[0]), "boat", studio.drawing(drawing), True)
    own = bare.samples.shape[1]
    masks = [example.call.latents[0, own] for example in (bare, plain, mirrored)]
    assert masks[0].min() == 1 and 0 < masks[1].mean() < 1 and torch.equal(masks[2], masks[1].flip(1))
    assert not torch.equal(plain.samples, mirrored.samples)


def test_references_are_one_for_each_picture_of_a_model_that_reads_them(models, inpainter, pictures, tmp_path):
    drawing = torch.rand(4, 32, 32)
    made = train_lora(inpainter, pictures, reference=[drawing] * 6, prior=["a cat"], prior_reference=[drawing], **SMALL,
                      folder=str(tmp_path))
    assert facts(made.source)["ss_steps"] == "3"
    with pytest.raises(InputError, match="reference has 1 pictures, and pictures has 6"):
        train_lora(inpainter, pictures, reference=[drawing], **SMALL)
    with pytest.raises(InputError, match="and this one was not"):
        train_lora(models["sd3"], pictures, reference=[drawing] * 6, **SMALL)


def test_a_drawing_is_moved_to_where_its_edges_agree_with_a_picture_in_other_colours():
    drawing = scene("a cat", seed=0).reference
    rows, columns = (torch.nonzero((drawing[3] > 0.5).any(axis)).flatten() for axis in (1, 0))
    cut = drawing[:, rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1].flip(2)
    high = round(50 * cut.shape[1] / cut.shape[2])
    small = torch.nn.functional.interpolate(cut[None], (high, 50), mode="bilinear", antialias=True)[0]
    picture, cover = torch.full((3, 128, 128), 0.8), torch.zeros(128, 128)
    picture[:, 60:62] = 0.1
    place = (slice(40, 40 + high), slice(12, 62))
    cover[place] = small[3]
    picture[(slice(3), *place)] = picture[(slice(3), *place)] * (1 - small[3:]) + (1 - small[:3].mean(0) * 0.7) * small[3:]
    found, agreement = aligned(drawing, picture)
    assert found.shape == drawing.shape and agreement > 0.6
    assert torch.minimum(found[3], cover).sum() / torch.maximum(found[3], cover).sum() > 0.7
    assert aligned(torch.zeros_like(drawing), picture)[1] == -1


def test_of_the_layouts_of_a_caption_the_one_that_agrees_best_is_shown_and_none_that_does_not(finding, pictures, monkeypatch):
    studio, scores = Studio(finding, 32, 32), [0.5, 0.7, 0.4, 0.3]
    monkeypatch.setattr(references, "aligned", lambda drawing, picture: (drawing, scores.pop(0)))
    picture, laid = studio.picture(pictures[0]), references.laid_out(studio, "a boat", "me", 1)
    shown = references.found(studio, picture, "a boat", "me")
    assert shown.caption == laid.caption == f"me, {scene('a boat', seed=1).prompt}" and torch.equal(shown.drawing, laid.drawing)
    assert references.found(studio, picture, "a boat", "me") == ("me, a boat", None)
    assert references.found(studio, picture, "the sea at night", "me") == ("me, the sea at night", None) and not scores


def test_a_model_with_a_finder_is_shown_drawings_beside_pictures_that_have_captions_alone(finding, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(references, "_ALIKE", -1.0)
    made = train_lora(finding, pictures, word="me", **SMALL, folder=str(tmp_path / "found"))
    assert facts(made.source)["nodegraph.shown"] == "6"
    monkeypatch.setattr(finding, "advice", Advice())
    made = train_lora(finding, pictures, word="me", **SMALL, folder=str(tmp_path / "bare"))
    assert facts(made.source)["nodegraph.shown"] == "0"


def test_what_is_to_stay_is_painted_of_a_drawing_too(finding, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(Studio, "painted", lambda self, caption, drawing, *more: seen.append((caption, drawing)) or torch.zeros(1, 4, 16, 16))
    studio = Studio(finding, 32, 32)
    course.Course(studio, None, course.Wish(1, 1, 4, 0, 1, False, 7), tmp_path, "", Told()).painted(["a cat"], [])
    [(caption, drawing)] = seen
    assert caption == scene("a cat", seed=7).prompt and float(drawing[3].max()) == pytest.approx(1, abs=0.05)


def test_a_quarter_of_what_is_learned_is_what_the_model_painted_itself(models):
    old, new = (Example(torch.full((1, 1), value), None) for value in (0.0, 1.0))
    learner = lesson.Lesson({"x": torch.nn.Parameter(torch.zeros(1))}, Material(((new,),), (old,), ()),
                            Loss(models["sd3"], None, None, 400), 1e-3)
    torch.manual_seed(0)
    share = 1 - sum(float(example.samples.mean()) for example in learner._drawn()) / 400
    assert 0.2 < share < 0.3


def test_one_in_eight_is_held_out_of_six_pictures_or_more():
    for count, held in ((5, 0), (6, 1), (16, 2)):
        pairs = [(Example(k, None), Example(-k, None)) for k in range(1, count + 1)]
        new, out = parted(pairs, 3)
        assert len(out) == held and len(new) == count - held
        assert {example.samples for example in out}.isdisjoint({pair[0].samples for pair in new})


def test_calls_of_one_picture_are_joined_but_for_the_places_of_their_tokens():
    from nodegraph_nodes.diffusion.tuning.calls import Call

    one = Call((), {"hidden_states": torch.zeros(1, 2), "img_ids": torch.ones(1, 3), "more": {"ids": torch.ones(1, 6)},
                    "scale": 2})
    both = together([one, one])
    assert [tuple(value.shape) for value in (both.latents, both.settings["img_ids"], both.settings["more"]["ids"])] == [
        (2, 2), (1, 3), (2, 6)] and both.settings["scale"] == 2


@pytest.mark.parametrize(("name", "words"), [
    ("red_boat_03.png", "red boat"), ("a red boat, at sea (2).jpg", "a red boat at sea"), ("IMG_0001.JPG", ""),
    ("DSC-20240101.png", ""), ("2024-01-01.png", ""), ("红色的船_2.png", "红色的船"), ("cat12.png", "cat"), ("P1050012.JPG", "")])
def test_the_words_of_a_name_are_a_caption(name, words, tmp_path):
    assert of_name(tmp_path / name) == words


def test_captions_come_from_lines_files_or_names_with_the_word_before_them(pictures, tmp_path):
    own = [tmp_path / "IMG_1.png", tmp_path / "blue_cat.png"]
    assert captions_for(own, ["a", "b"], None, "hand") == ["hand, a", "hand, b"]
    assert captions_for(own, None, None, "hand") == ["hand", "hand, blue cat"]
    with pytest.raises(InputError, match=r"nothing says what IMG_1.png shows; give captions, or caption_files"):
        captions_for(own, None, None, "")
    with pytest.raises(InputError, match="captions has 1 lines, and pictures has 2 files"):
        captions_for(own, ["a"], None, "")
    with pytest.raises(InputError, match="both given"):
        captions_for(own, ["a", "b"], [tmp_path / "x.txt"], "")
    (tmp_path / "IMG_1.txt").write_text("a green owl\n", "utf-8")
    (tmp_path / "other.txt").write_text("nothing", "utf-8")
    with pytest.warns(UserWarning) as told:
        assert captions_for(own, None, [tmp_path / "IMG_1.txt", tmp_path / "other.txt"], "") == ["a green owl", "blue cat"]
    assert ["no picture has the name of other.txt" in str(told[0].message), "blue_cat.png" in str(told[1].message)] == [True] * 2
    with pytest.warns(UserWarning, match=r"a \.txt lies beside IMG_1.png and is not read"):
        captions_for(own, None, None, "hand")


def test_few_pictures_are_warned_of_and_none_are_refused(models, pictures, tmp_path):
    with pytest.warns(UserWarning, match="of 2 pictures an adapter learns these by heart"):
        train_lora(models["sd3"], pictures[:2], **{**SMALL, "steps": 1}, folder=str(tmp_path))
    with pytest.raises(InputError, match="pictures has no files"):
        train_lora(models["sd3"], [], **SMALL)


def test_previews_show_the_first_caption_while_they_cost_next_to_nothing(models, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(course, "_TELL_SECONDS", 0.0)
    told = Told()
    told.previews = True
    train_lora(models["sd3"], pictures, **{**SMALL, "steps": 6}, folder=str(tmp_path), ctx=told)
    shown = [picture for picture in told.seen if picture is not None]
    assert shown and shown[0].shape == (32, 32, 3) and len(shown) < 6


def test_a_graph_trains_puts_on_and_paints_and_refuses_a_model_that_has_an_adapter_on(checkpoints, pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    nodes = {
        "hand": {"type": "diffusion.train_lora", "model": str(checkpoints / "sd3"), "pictures": [str(p) for p in pictures], **SMALL},
        "mine": {"type": "diffusion.lora", "model": str(checkpoints / "sd3"), "file": "$hand"},
        "picture": {"type": "diffusion.paint", "model": "$mine", "prompt": "boat", "steps": 2, "width": 32, "height": 32}}
    engine = Engine(cache=tmp_path / "cache")
    path = tmp_path / "graph.yaml"
    path.write_text(json.dumps({"nodegraph": 1, "nodes": nodes, "outputs": {"picture": "$picture"}}), "utf-8")
    result = engine.run(engine.load(path))
    assert not result.errors and result["picture"].shape == (3, 32, 32)
    nodes["again"] = {**nodes["hand"], "model": "$mine"}
    path.write_text(json.dumps({"nodegraph": 1, "nodes": nodes, "outputs": {"again": "$again"}}), "utf-8")
    errors = engine.run(engine.load(path)).errors
    assert "a new one is learned on the model itself" in str(errors)
