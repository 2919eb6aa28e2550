import math
import shutil

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from safetensors.torch import load_file, save_file  # noqa: E402

from nodegraph_nodes.starter import scenes  # noqa: E402
from nodegraph_nodes.starter.train import autoencoder, folder, joint, loop, material, painter, words  # noqa: E402
from nodegraph_nodes.starter.train.__main__ import arguments  # noqa: E402


def test_one_counted_token_does_exactly_what_many_equal_tokens_do():
    torch.manual_seed(0)
    net = painter.new_denoiser().eval()
    picture, words, pooled = torch.randn(2, 16, 16, 16), torch.randn(2, 5, 256), torch.randn(2, 64)
    counted = joint.CountedJointAttention()
    counted.log_counts = torch.tensor([0.0] * 5 + [math.log(40)])

    def velocity(padding):
        context = torch.cat([words, torch.zeros(2, padding, 256)], 1)
        return net(picture, context, pooled, torch.tensor([300.0, 700.0]), return_dict=False)[0]

    with torch.no_grad():
        # a fresh network's gates let little of the text through; make it count
        for block in net.transformer_blocks:
            block.attn.to_out[0].weight.mul_(20)
        many = velocity(40)
        net.set_attn_processor(counted)
        assert torch.allclose(velocity(1), many, atol=1e-4)
        counted.log_counts = torch.zeros(6)
        assert not torch.allclose(velocity(1), many, atol=1e-4)


def test_the_convolutional_encoder_is_the_projection_it_was_fitted_to():
    pictures = torch.from_numpy(material.drawn(list(scenes.scenes(6, 1)))["pictures"])
    mean, project = autoencoder.principal_components(pictures)
    net = autoencoder.new_autoencoder()
    autoencoder.fit_encoder(net, mean, project)
    with torch.no_grad():
        coded = net.encode(material.signed(pictures)).latents
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


def _shallow_autoencoder():
    from diffusers import AutoencoderTiny

    torch.manual_seed(0)
    return AutoencoderTiny(
        encoder_block_out_channels=(48,) * 4, decoder_block_out_channels=(32,) * 4, latent_channels=autoencoder.CHANNELS,
        num_encoder_blocks=(0, 0, 0, 0), num_decoder_blocks=(4, 4, 2, 0), scaling_factor=2.0, shift_factor=0.5)


def test_a_deepened_decoder_paints_what_the_old_one_painted():
    old = _shallow_autoencoder()
    new = autoencoder.deepened(old)
    latents = torch.randn(2, autoencoder.CHANNELS, 4, 4)
    with torch.no_grad():
        assert torch.allclose(new.decode(latents).sample, old.decode(latents).sample, atol=1e-5)
    assert new.config.num_decoder_blocks == autoencoder.DECODER_BLOCKS
    assert (new.config.scaling_factor, new.config.shift_factor) == (2.0, 0.5)


def test_going_on_with_the_decoder_changes_the_decoder_alone(tmp_path, monkeypatch):
    from diffusers import AutoencoderTiny

    old = _shallow_autoencoder()
    old.half().save_pretrained(tmp_path / "model" / "vae")
    save_file({"pictures": torch.randint(256, (4, 3, 128, 128), dtype=torch.uint8)}, tmp_path / "few.safetensors")
    monkeypatch.setattr(autoencoder, "psnr", lambda net, pictures: 30.0)
    monkeypatch.setattr(painter, "material", lambda folder, seed: [tmp_path / "few.safetensors"])
    painter.train(loop.Settings(tmp_path / "painter", tmp_path / "model", minutes=0.002, stage="decoder"))
    new, before = AutoencoderTiny.from_pretrained(tmp_path / "model" / "vae"), autoencoder.deepened(old.float())
    assert new.config.scaling_factor == 2.0
    for part, same in (("encoder", True), ("decoder", False)):
        pairs = zip(getattr(new, part).parameters(), getattr(before, part).parameters(), strict=True)
        assert all(torch.allclose(a.float(), b, atol=1e-3) for a, b in pairs) == same
    painted = (tmp_path / "model" / "vae" / "diffusion_pytorch_model.safetensors").read_bytes()
    painter.train(loop.Settings(tmp_path / "painter", tmp_path / "model", minutes=0.002, stage="decoder"))
    assert (tmp_path / "model" / "vae" / "diffusion_pytorch_model.safetensors").read_bytes() == painted


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the shipped painter, to be trained further on four pictures."""
    shutil.copytree(painter.MODEL_FOLDER, tmp_path / "model")
    save_file({k: torch.from_numpy(v) for k, v in material.drawn(list(scenes.scenes(4, 1))).items()},
              tmp_path / "few.safetensors")
    monkeypatch.setattr(painter, "material", lambda folder, seed: [tmp_path / "few.safetensors"])
    monkeypatch.setattr(painter, "_training_scenes", lambda count, seed: scenes.scenes(4, 1))
    monkeypatch.setattr(painter, "_swap_gaps", lambda *_: {})
    monkeypatch.setattr(autoencoder, "psnr", lambda net, pictures: 30.0)
    monkeypatch.setattr(painter, "FINISH_PICTURES", 4)
    return tmp_path / "model"


def untouched(model, part):
    """Whether a copy of the shipped painter is the same in every file but those of one part."""
    others = [f.relative_to(model) for f in model.rglob("*") if f.is_file() and part not in f.parts]
    return len(others) > 15 and all((model / f).read_bytes() == (painter.MODEL_FOLDER / f).read_bytes() for f in others)


def test_going_on_with_the_denoiser_changes_the_denoiser_alone(copied, tmp_path):
    painter.train(loop.Settings(tmp_path / "work", copied, minutes=0.001, stage="denoiser"))
    before, after = (load_file(f / "transformer" / "diffusion_pytorch_model.safetensors")
                     for f in (painter.MODEL_FOLDER, copied))
    assert set(before) == set(after)
    assert 0 < max(float((after[k].float() - before[k].float()).abs().max()) for k in before) < 0.05
    assert untouched(copied, "transformer")


def test_the_finish_changes_the_decoder_alone_and_leaves_attempts_to_resume_from(copied, tmp_path, monkeypatch):
    from diffusers import AutoencoderTiny

    settings = loop.Settings(tmp_path / "work", copied, minutes=0.001, stage="finish")
    painter.train(settings)
    old, new = (AutoencoderTiny.from_pretrained(f / "vae") for f in (painter.MODEL_FOLDER, copied))
    for part, same in (("encoder", True), ("decoder", False)):
        pairs = zip(getattr(old, part).parameters(), getattr(new, part).parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs) == same
    assert untouched(copied, "vae")

    tried = torch.from_numpy(autoencoder.load_arrays(tmp_path / "work" / "finish" / "attempts-000.safetensors")["latents"])
    true = torch.from_numpy(autoencoder.load_arrays(tmp_path / "work" / "finished-latents.safetensors")["latents"])
    error = (tried.float() - true.float()).square().mean().item()
    assert 0.001 < error < 0.5 * true.float().square().mean().item()  # like the pictures they were to be, and not quite
    monkeypatch.setattr(painter, "_attempt", None)  # a second time they are not made again
    painter.train(settings)


def test_the_whole_training_makes_a_pipeline_that_paints(copied, tmp_path, monkeypatch):
    from diffusers import StableDiffusion3Pipeline

    real = scenes.scenes
    monkeypatch.setattr(scenes, "scenes", lambda count, *rest, **more: real(min(count, 500), *rest, **more))
    monkeypatch.setattr(words, "named_right", lambda *_: {})
    painter.train(loop.Settings(tmp_path / "work", tmp_path / "new", minutes=0.001))
    pipe = StableDiffusion3Pipeline.from_pretrained(tmp_path / "new")
    picture = pipe("a red boat", num_inference_steps=1, height=128, width=128, max_sequence_length=32).images[0]
    assert picture.size == (128, 128)
    stages = [f.parent.name for f in (tmp_path / "work").rglob(loop.CHECKPOINT)]
    assert sorted(stages) == ["autoencoder", "decoder", "denoiser", "finish", "words"]
    finished = loop.averaged(tmp_path / "work" / "finish", "autoencoder")
    assert torch.equal(pipe.vae.state_dict()["decoder.layers.0.weight"], finished["decoder.layers.0.weight"].half().float())


def test_crops_of_pictures_and_latents_are_of_the_same_place():
    pictures = torch.arange(3 * 128 * 128).reshape(3, 1, 128, 128)
    corners = pictures[:, :, ::8, ::8]
    large, small = autoencoder.crops_of([(pictures, 8), (corners, 1)], 20, torch.Generator().manual_seed(0))
    assert large.shape == (20, 1, 64, 64) and torch.equal(large[:, :, ::8, ::8], small)


def test_a_finished_models_latents_are_those_its_decoder_reads(tmp_path):
    from diffusers import AutoencoderTiny

    drawn = torch.from_numpy(material.drawn(list(scenes.scenes(4, 1)))["pictures"])
    save_file({"pictures": drawn, "masks": torch.zeros(4, 16, 16, dtype=torch.uint8)}, tmp_path / "few.safetensors")
    coded = painter.finished_latents(loop.Settings(tmp_path), [tmp_path / "few.safetensors"], painter.MODEL_FOLDER)
    net = AutoencoderTiny.from_pretrained(painter.MODEL_FOLDER / "vae").float()
    latents = torch.from_numpy(coded["latents"]).float() / net.config.scaling_factor + net.config.shift_factor
    with torch.no_grad():
        painted = net.decode(latents).sample.clamp(-1, 1)
    assert float((painted - material.signed(drawn)).div(2).square().mean()) < 10 ** -2.5  # over 25 dB


def test_a_stage_that_is_not_there_is_refused_before_anything_begins(capsys):
    with pytest.raises(SystemExit) as refused:
        arguments(["poet", "--stage", "decoder"])
    assert refused.value.code == 2 and "decoder of the painter" in capsys.readouterr().err
    assert arguments(["painter", "--stage", "decoder"]).stage == "decoder"
