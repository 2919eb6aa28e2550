"""Pictures are drawn, truncated and mixed, in graphs as well; what does not fit is refused in a sentence."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from nodegraph import Engine, InputError, Recipe, events as ev
from nodegraph_nodes.gan import models, sample

from .conftest import WIDTH, weights


def loaded(folder):
    return models.load(Recipe("GanModel", "tiny", str(folder)), "cpu", "float32")


def test_a_picture_is_drawn_by_its_seed(gan):
    first, again, other = (sample.sample(gan, seed) for seed in (3, 3, 4))
    assert first.shape == (3, 16, 16) and first.dtype == torch.float32
    assert 0 <= first.min() and first.max() <= 1 and first.std() > 0.05
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert not torch.equal(sample.sample(gan, 2**32 + 3), first)
    assert not torch.equal(sample.sample(gan, 3, noise="random"), first)
    assert torch.equal(sample.sample(gan, 3, noise="random"), sample.sample(gan, 3, noise="random"))


def test_one_step_does_what_the_two_do(gan):
    assert torch.equal(sample.sample(gan, 3, 0.5), sample.synthesize(gan, sample.map_noise(gan, 3, 0.5)))


def test_truncation_moves_every_picture_towards_the_average_one(gan):
    drawn = [sample.map_noise(gan, 3, psi).styles for psi in (0, 0.5, 1)]
    average = gan.tensors["mapping.w_avg"].repeat(gan.layers, 1)
    assert torch.allclose(drawn[0], average) and torch.allclose(drawn[1], (average + drawn[2]) / 2, atol=1e-5)
    assert torch.equal(sample.sample(gan, 3, 0), sample.sample(gan, 4, 0))


def test_styles_are_mixed_layer_by_layer(gan):
    a, b = sample.map_noise(gan, 1), sample.map_noise(gan, 2)
    assert torch.allclose(sample.mix(a, b, 0).styles, a.styles) and torch.allclose(sample.mix(a, b, 1).styles, b.styles)
    assert torch.allclose(sample.mix(a, b).styles, (a.styles + b.styles) / 2)
    for layers, rows in (("coarse", (0, 1)), ("middle", (2, 3)), ("fine", (4, 5))):
        moved = (sample.mix(a, b, 1, layers).styles - a.styles).abs().sum(1) > 0
        assert moved.nonzero().flatten().tolist() == list(rows)
    assert a.styles.shape == (6, WIDTH)


def test_a_graph_draws_and_mixes_and_remembers_what_did_not_change(gan_folder, tmp_path):
    (tmp_path / "mix.yaml").write_text(f"""nodegraph: 1
inputs: {{seed: 1, amount: 0.5}}
nodes:
  first: {{type: gan.map, model: {gan_folder}, seed: $seed}}
  second: {{type: gan.map, model: {gan_folder}, seed: 2}}
  between: {{type: gan.mix, latent: $first, other: $second, amount: $amount}}
  picture: {{type: gan.synthesize, model: {gan_folder}, latent: $between}}
outputs: {{picture: $picture, between: $between}}
""")
    with Engine(tmp_path / "cache", device="cpu", warn=pytest.fail) as engine:
        graph, story = engine.load(tmp_path / "mix.yaml"), []
        made = engine.run(graph)
        assert not made.errors and made["picture"].shape == (3, 16, 16)
        engine.run(graph, {"amount": 0.25}, emit=story.append)
        assert [e.node for e in story if isinstance(e, ev.Finished)] == ["between", "picture"]
        written = engine.export(made, "between", tmp_path, "between")
    assert torch.equal(load_file(written[0])["styles"], made["between"].styles)


def test_labels_choose_a_class_and_only_where_there_are_some(gan, tmp_path):
    save_file(weights(labels=3), tmp_path / "model.safetensors")
    labelled = loaded(tmp_path)
    assert not torch.equal(sample.sample(labelled, 3, label=1), sample.sample(labelled, 3, label=2))
    with pytest.raises(InputError, match="label is 3; this model knows the labels 0 to 2"):
        sample.sample(labelled, 3, label=3)
    with pytest.raises(InputError, match="label is 1; this model knows no labels"):
        sample.sample(gan, 3, label=1)


def test_styles_of_another_model_are_refused(gan, tmp_path):
    save_file(weights(side=8), tmp_path / "model.safetensors")
    small = sample.map_noise(loaded(tmp_path), 1)
    with pytest.raises(InputError, match=r"4 layers of 8\), and this model is StyleGAN2 \(6 layers of 8\)"):
        sample.synthesize(gan, small)
    with pytest.raises(InputError, match="mix what one model has drawn"):
        sample.mix(sample.map_noise(gan, 1), small)


def test_weights_are_read_in_half_precision_and_beside_other_networks(gan, tmp_path):
    stored = {f"G_ema.{name}": tensor.half() for name, tensor in weights().items()}
    save_file({**stored, "D.b16.fromrgb.weight": torch.zeros(1)}, tmp_path / "all.safetensors")
    half = loaded(tmp_path)
    assert half.tensors["synthesis.b4.const"].dtype == torch.float32 and not any(n.startswith("D.") for n in half.tensors)
    assert torch.allclose(sample.sample(half, 3), sample.sample(gan, 3), atol=0.05)
    assert models.size(half) == models.size(gan) == sum(t.nbytes for t in weights().values())


def test_a_folder_is_recognised_by_a_glance(gan_folder, tmp_path):
    assert models.holds(gan_folder) and not models.holds(tmp_path)
    save_file({"something": torch.zeros(1)}, tmp_path / "model.safetensors")
    assert not models.holds(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert not models.holds(tmp_path)


def _pickle(folder):
    (folder / "model.safetensors").rename(folder / "ffhq.pkl")


def _second(folder):
    shutil.copy(folder / "model.safetensors", folder / "other.safetensors")


def _truncate(folder):
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:1000])


def _stranger(folder):
    save_file({"unet.weight": torch.zeros(2)}, folder / "model.safetensors")


def _clamp(folder):
    (folder / "config.json").write_text(json.dumps({"conv_clamp": "256"}))


def _list(folder):
    (folder / "config.json").write_text("[256]")


def _half(folder):
    save_file({name: tensor for name, tensor in weights().items() if "b16.conv0.affine" not in name},
              folder / "model.safetensors")


def _spoiled(folder):
    save_file({**weights(), "mapping.w_avg": torch.full((WIDTH,), torch.nan)}, folder / "model.safetensors")


def _whole(folder):
    save_file({name: tensor.to(torch.int8) for name, tensor in weights().items()}, folder / "model.safetensors")


def _language(folder):
    _stranger(folder)
    (folder / "config.json").write_text('{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}')


def _pointer(folder):
    (folder / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\nsize 4976698672\n")


@pytest.mark.parametrize("spoil, says", [
    (_pickle, "ffhq.pkl is a pickle"), (_second, "holds 2 safetensors files; it takes one"),
    (_truncate, "cannot be loaded: model.safetensors is cut short"), (_stranger, "no tensor mapping.fc0.weight"),
    (_clamp, "cannot be loaded as a GanModel: conv_clamp in its config.json is '256'"),
    (_list, "cannot be loaded as a GanModel: config.json is JSON and no mapping"),
    (_half, "cannot be loaded as a GanModel: it has no tensor synthesis.b16.conv0.affine.weight, nor 1 more, which"),
    (_spoiled, r"mapping.w_avg in model.safetensors holds numbers that are none \(NaN\)"),
    (_whole, "mapping.fc0.bias in model.safetensors holds whole numbers"),
    (_language, r"holds a language model \(LlamaForCausalLM\)"),
    (_pointer, "model.safetensors is not downloaded: it is a pointer of Git LFS"),
    (lambda folder: (folder / "model.safetensors").unlink(), "tiny is empty"),
    (lambda folder: (folder / "model_index.json").write_text('{"_class_name": "FluxPipeline"}'),
     r"tiny holds a diffusion pipeline \(FluxPipeline\)"),
    (lambda folder: (folder / "model.safetensors").rename(folder / "model.pt"), "weights as a pickle .model.pt."),
])
def test_a_folder_that_cannot_be_loaded_is_refused_with_the_reason(gan_folder, tmp_path, spoil, says):
    shutil.copytree(gan_folder, tmp_path / "model")
    spoil(tmp_path / "model")
    with pytest.raises(InputError, match=f"tiny .*{says.removeprefix('tiny ')}"):
        loaded(tmp_path / "model")


def test_a_file_in_the_folders_place_is_told_with_its_folder(gan_folder):
    assert models.kind_problem(gan_folder / "model.safetensors") == \
        f"is a file, and a folder is wanted; give the one that it lies in, {gan_folder}"


def test_a_mapping_network_of_an_unusual_depth_is_told_of(tmp_path):
    save_file(weights(depth=3), tmp_path / "model.safetensors")
    with pytest.warns(UserWarning, match="the mapping network of tiny has 3 layers, and its authors' have 8 or 2"):
        loaded(tmp_path)


def test_a_configured_clamp_is_heeded(gan, gan_folder, tmp_path):
    shutil.copytree(gan_folder, tmp_path / "model")
    (tmp_path / "model" / "config.json").write_text('{"conv_clamp": 0.5}')
    assert loaded(tmp_path / "model").clamp == 0.5 and gan.clamp is None
