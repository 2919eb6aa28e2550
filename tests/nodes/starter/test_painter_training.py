"""The painter's training: its parts by their values, and a whole one in small that ends in a folder which paints."""

import json
import math
import zipfile

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from nodegraph_nodes.diffusion.advice import NONE, advice_in  # noqa: E402
from nodegraph_nodes.starter import drawings, knows, sentences  # noqa: E402
from nodegraph_nodes.starter.drafts import _pixels  # noqa: E402
from nodegraph_nodes.starter.train import autoencoder, denoiser, folder, glyphs, painter, store, studio, words, workshop  # noqa: E402
from nodegraph_nodes.starter.train.__main__ import arguments, main  # noqa: E402
from nodegraph_nodes.starter.train.reading import CHOICES, WIDTH, painters_tokenizer  # noqa: E402

LIBRARY = ("owl", "sailboat", "tulip", "fox")


@pytest.fixture(scope="module")
def tokenizer():
    return painters_tokenizer()


@pytest.fixture(scope="module")
def kept():
    return [glyphs.Glyph(name, "fluent", (name, "东西"), _pixels(drawings.by_id(name), 64)) for name in LIBRARY]


def test_one_counted_token_does_exactly_what_many_equal_tokens_do():
    torch.manual_seed(0)
    net = denoiser.painters_denoiser().eval()
    seen, said, pooled = torch.randn(2, 33, 16, 16), torch.randn(2, 5, 2 * WIDTH), torch.randn(2, 2 * CHOICES)
    counted = denoiser.CountedAttention()
    counted.count(torch.tensor([1.0] * 5 + [40.0]))

    def velocity(padding):
        context = torch.cat([said, torch.zeros(2, padding, 2 * WIDTH)], 1)
        return net(seen, context, pooled, torch.tensor([300.0, 700.0]), return_dict=False)[0]

    with torch.no_grad():
        for block in net.transformer_blocks:  # a fresh network's gates let little of the text through; make it count
            block.attn.to_out[0].weight.mul_(20)
        many = velocity(40)
        net.set_attn_processor(counted)
        assert torch.allclose(velocity(1), many, atol=1e-4)
        counted.count(torch.ones(6))
        assert not torch.allclose(velocity(1), many, atol=1e-4)


def test_tokens_that_are_left_out_are_counted_by_those_that_are_kept():
    context = torch.randn(1, 64, 8)
    told, counts = denoiser.picked_tokens(context, torch.Generator().manual_seed(0))
    assert told.shape == (1, denoiser.KEPT + 1, 16) and not told[:, -1].any()
    assert counts[:-1].sum() == pytest.approx(64) and 16 <= counts[-1] <= 512
    assert math.isclose(denoiser.all_tokens(context)[1].sum().item(), 64 + 16)


def test_the_convolutional_encoder_is_the_projection_it_was_fitted_to(kept, tokenizer):
    arrays, _ = studio.drawn(kept, tokenizer, 6, 1)
    pictures = torch.from_numpy(arrays["picture"]).permute(0, 3, 1, 2).contiguous()
    mean, project = autoencoder.principal_components(pictures)
    net = autoencoder.new_autoencoder()
    autoencoder.fit_encoder(net, mean, project)
    with torch.no_grad():
        coded = net.encode(pictures.float() / 127.5 - 1).latents
    wanted = ((autoencoder.blocks(pictures.float() / 255) - mean) @ project.T).view(6, 16, 16, autoencoder.CHANNELS)
    assert torch.allclose(coded, wanted.permute(0, 3, 1, 2), atol=1e-4)


def test_a_chinese_character_is_one_token_wherever_it_stands():
    merges = words._character_merges(set("红船"))
    assert len(merges) == 6 and len(set(merges)) == 6


def test_the_third_encoder_says_nothing_at_all():
    third = folder.silent_third_encoder()
    ids = third["tokenizer_3"](["a red boat", "一只小船"], padding="max_length", max_length=8, return_tensors="pt")
    with torch.no_grad():
        assert not third["text_encoder_3"](ids.input_ids)[0].any()


def test_one_drawing_in_ten_is_held_out_in_every_set_and_no_noun_that_stands_alone():
    every = [drawing.id for drawing in drawings.every()]
    assert 0.07 < np.mean([glyphs.held_out(name) for name in every]) < 0.15
    assert not any(glyphs.held_out(glyphs.FAMILIAR.get(noun, noun)) for noun in sentences.ALONE)


@pytest.mark.parametrize("kind", studio.KINDS)
def test_a_sample_shows_what_its_kind_says_and_its_sentences_say_alike(kept, kind):
    made = studio.sample(studio.Library(kept), 5, kind)
    assert made.picture.shape == made.shown.shape == (128, 128, 3) and made.said[0].codes == made.said[1].codes
    if kind in ("bare", "alone"):
        assert made.mask.all() and (made.shown == 128).all()
        assert bool(made.cover.any()) == (kind == "alone") == (made.said[0].codes[0] >= 0)
    else:
        assert 0 < made.mask.mean() < 1 and made.shown.std() > 1
        painted = made.mask.repeat(8, 0).repeat(8, 1) > 0
        assert kind == "shown" or (made.shown[~painted] == made.picture[~painted]).mean() > 0.8


def test_the_same_seed_draws_the_same_sample(kept):
    first, again = (studio.sample(studio.Library(kept), 9) for _ in range(2))
    assert np.array_equal(first.picture, again.picture) and first.said == again.said


def packed(path, kept):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("index.json", json.dumps([{"id": k.id, "set": k.set, "names": k.names} for k in kept]))
        for glyph in kept:
            file.writestr(f"{glyph.set}/{glyph.id}.png", glyphs._png(glyphs.Image.fromarray(glyph.drawing)))


@pytest.mark.slow
def test_the_whole_training_in_small_makes_a_folder_that_paints(kept, tokenizer, tmp_path, monkeypatch):
    from diffusers import StableDiffusion3InpaintPipeline

    work = tmp_path / "work" / "painter"
    work.mkdir(parents=True)
    tokenizer.save_pretrained(work / "words" / "tokenizer")
    packed(work / "drawings.zip", kept)
    asked = [*"--drawings drawings.zip --words words --out trained --seconds 2 --workers 1 --rows 2 --device cpu".split()]
    monkeypatch.chdir(work)
    monkeypatch.setattr(studio, "CHUNK", 8)
    monkeypatch.setattr(store.Size, "on", lambda _: store.Size(2, 4, 2, 72, 16, 2, 8, 2))
    monkeypatch.setattr(workshop, "held_out", lambda name: name == "owl")
    monkeypatch.setattr(workshop.Run, "_sheet", lambda self, path: path.touch())
    monkeypatch.setattr(workshop.Run, "_note", lambda *_: None)
    assert workshop.main(asked) == 0
    assert main(["painter", "--assemble", str(work / "trained"), "--folder", str(tmp_path / "work"), "--out", str(tmp_path / "new")]) == 0
    pipe = StableDiffusion3InpaintPipeline.from_pretrained(tmp_path / "new")
    assert pipe.transformer.config.in_channels == 33 and pipe.transformer.dtype == torch.float32
    picture = pipe("a red boat", image=torch.full((1, 3, 128, 128), 0.5), mask_image=torch.ones(1, 1, 128, 128), strength=1.0,
                   num_inference_steps=1, height=128, width=128, max_sequence_length=16).images[0]
    assert picture.size == (128, 128)
    assert advice_in(tmp_path / "new") == advice_in(knows.MODELS / "painter") != NONE
    assert (tmp_path / "new" / "knows.json").read_text("utf-8") == knows.text(knows.painter())
    log = json.loads((work / "trained" / "log.json").read_text("utf-8"))
    assert log[-1]["says"] == "saved" and any("decoder is finished" in line["says"] for line in log)


def test_the_shipped_painter_says_nothing_of_where_its_parts_were_loaded_from():
    assert not [path for path in painter.knows.MODELS.joinpath("painter").rglob("*config.json") if "_name_or_path" in path.read_text()]


def test_a_stage_that_is_not_there_is_refused_before_anything_begins(capsys):
    with pytest.raises(SystemExit) as refused:
        arguments(["painter", "--stage", "decoder"])
    assert refused.value.code == 2 and "refine of the poet" in capsys.readouterr().err
    assert arguments(["poet", "--stage", "refine"]).stage == "refine"
