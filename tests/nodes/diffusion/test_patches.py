"""What is put on a diffusion model and taken off again: adapters, parts, words, settings, against plain diffusers."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from nodegraph import Engine, InputError, Recipe
from nodegraph_nodes.diffusion import models as loading
from nodegraph_nodes.diffusion.patches import loras
from nodegraph_nodes.diffusion.patches.words import word_of

from .conftest import kl_autoencoder

pytestmark = pytest.mark.filterwarnings(
    "ignore:Already found a `peft_config`", "ignore:__array__ implementation")  # of plain calls


def recipe(*patches: Recipe) -> Recipe:
    return Recipe("DiffusionModel", "m", patches=patches)


def lora(path: Path, weight: float = 1.0, part: str = "both") -> Recipe:
    return Recipe("lora", path.name, str(path), path.name.encode(), (("part", part), ("weight", weight)))


def paint(pipe: Any, prompt: str = "a fox", **more: Any) -> torch.Tensor:
    return pipe(prompt, num_inference_steps=2, generator=torch.Generator().manual_seed(7), width=32, height=32,
                output_type="pt", **more).images[0]


@pytest.fixture(scope="module")
def live(checkpoints):
    """A live pipeline of Stable Diffusion 1, and another load of it, for plain calls of diffusers."""
    load = lambda: loading.load(Recipe("DiffusionModel", "sd", str(checkpoints / "sd")), "cpu", "float32")
    return load(), load()


def adapter(pipe: Any, seed: int, denoiser: bool = True, text: bool = True) -> dict[str, torch.Tensor]:
    """A LoRA of rank 2 in the names of diffusers."""
    dice, out = torch.Generator().manual_seed(seed), {}
    parts = {"unet": ("to_q", "to_v", "to_out.0"), "text_encoder": ("q_proj", "v_proj", "out_proj")}
    for name, endings in parts.items():
        if not {"unet": denoiser, "text_encoder": text}[name]:
            continue
        for place, layer in getattr(pipe, name).named_modules():
            if place.endswith(endings) and isinstance(layer, torch.nn.Linear):
                out[f"{name}.{place}.lora_A.weight"] = torch.randn(2, layer.in_features, generator=dice)
                out[f"{name}.{place}.lora_B.weight"] = torch.randn(layer.out_features, 2, generator=dice)
    return out


@pytest.fixture(scope="module")
def hands(live, tmp_path_factory):
    """Two adapters in files of diffusers."""
    folder = tmp_path_factory.mktemp("loras")
    for number, name in enumerate(("one", "two")):
        save_file(adapter(live[0], number), folder / f"{name}.safetensors")
    return folder / "one.safetensors", folder / "two.safetensors"


def test_two_adapters_with_weights_paint_what_plain_diffusers_paints_and_taken_off_the_base(live, hands):
    mine, plain = live
    base = paint(mine)
    plain.load_lora_weights(load_file(hands[0]), adapter_name="one")
    plain.load_lora_weights(load_file(hands[1]), adapter_name="two")
    seen = []
    for weights in ((1.0, 0.0), (0.0, 1.0), (0.5, 0.5)):
        plain.set_adapters(["one", "two"], list(weights))
        fitted = loading.fit(mine, recipe(lora(hands[0], weights[0]), lora(hands[1], weights[1])))
        assert fitted.patches[0].options[1] == ("weight", weights[0])
        seen.append(paint(fitted))
        assert torch.allclose(seen[-1], paint(plain), atol=1e-6)
    plain.unload_lora_weights()
    assert all(not torch.allclose(a, b, atol=1e-4) for a, b in ((seen[0], seen[1]), (seen[0], seen[2]), (seen[1], seen[2])))
    assert torch.equal(paint(loading.fit(mine, recipe(lora(hands[0], 0.0), lora(hands[1], 0.0)))), base)
    assert torch.equal(paint(loading.fit(mine, recipe())), base)
    assert mine.get_list_adapters() == {}


def test_an_adapter_for_one_part_leaves_the_others_as_they_were(live, hands):
    mine, _ = live
    words = lambda pipe: pipe.encode_prompt("a fox", "cpu", 1, False)[0]
    before = words(loading.fit(mine, recipe()))
    assert torch.equal(words(loading.fit(mine, recipe(lora(hands[0], part="denoiser")))), before)
    assert set(mine.get_list_adapters()) == {"unet"}
    assert not torch.equal(words(loading.fit(mine, recipe(lora(hands[0], part="text")))), before)
    assert set(mine.get_list_adapters()) == {"text_encoder"}
    loading.fit(mine, recipe())


def kohya(state: dict[str, torch.Tensor], alpha: float) -> dict[str, torch.Tensor]:
    """The same adapter as kohya's scripts write it."""
    heads, out = {"unet": "lora_unet", "text_encoder": "lora_te"}, {}
    for name, tensor in state.items():
        part, _, rest = name.partition(".")
        place, _, kind = rest.rpartition(".lora_")
        if part == "text_encoder" and not place.startswith("text_model."):
            place = f"text_model.{place}"
        stem = f"{heads[part]}_{place.replace('.', '_')}"
        out[f"{stem}.lora_{'down' if kind[0] == 'A' else 'up'}.weight"] = tensor
        out[f"{stem}.alpha"] = torch.tensor(alpha)
    return out


def test_adapters_of_kohya_and_of_peft_count_as_those_of_diffusers(live, tmp_path):
    mine, _ = live
    state = adapter(mine, 3)
    save_file(state, tmp_path / "diffusers.safetensors")
    save_file(kohya(state, 2.0), tmp_path / "kohya.safetensors")
    save_file(kohya(state, 1.0), tmp_path / "half.safetensors")
    (tmp_path / "peft").mkdir()
    save_file(kohya(adapter(mine, 3, text=False), 1.0), tmp_path / "unet.safetensors")
    save_file({f"base_model.model.{name.removeprefix('unet.')}": tensor for name, tensor in state.items() if "unet" in name},
              tmp_path / "peft" / "adapter_model.safetensors")
    (tmp_path / "peft" / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 2, "lora_alpha": 1}))
    painted = {name: paint(loading.fit(mine, recipe(lora(tmp_path / name)))) for name in
               ("diffusers.safetensors", "kohya.safetensors", "half.safetensors", "unet.safetensors", "peft")}
    loading.fit(mine, recipe())
    assert torch.allclose(painted["diffusers.safetensors"], painted["kohya.safetensors"], atol=1e-6)
    assert torch.allclose(painted["unet.safetensors"], painted["peft"], atol=1e-6)
    assert not torch.allclose(painted["diffusers.safetensors"], painted["half.safetensors"], atol=1e-4)
    assert loras.holds(tmp_path / "peft") and loras.holds(tmp_path / "kohya.safetensors")


@pytest.mark.parametrize(("names", "told", "words"), [
    ({"transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight": (2, 8),
      "transformer.single_transformer_blocks.0.attn.to_q.lora_B.weight": (8, 2)}, {}, "it is for Flux"),
    ({"unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight": (2, 2048),
      "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.lora_B.weight": (16, 2)}, {}, "it is for Stable Diffusion XL"),
    ({"unet.nowhere.lora_A.weight": (2, 8), "unet.nowhere.lora_B.weight": (8, 2)}, {"modelspec.architecture": "wan2.1/lora"},
     "it is for wan2.1/lora"),
    ({"unet.nowhere.lora_A.weight": (2, 8), "unet.nowhere.lora_B.weight": (8, 2)}, {}, "none of its names")])
def test_an_adapter_of_another_family_is_refused_with_what_it_is_for(checkpoints, tmp_path, names, told, words):
    pipe = loading.load(Recipe("DiffusionModel", "sd", str(checkpoints / "sd")), "cpu", "float32")
    save_file({name: torch.zeros(shape) for name, shape in names.items()}, tmp_path / "other.safetensors", metadata=told or None)
    with pytest.raises(InputError, match=f"other.safetensors does not fit a StableDiffusionPipeline: {words}"):
        loading.fit(pipe, recipe(lora(tmp_path / "other.safetensors")))


def test_an_adapter_tells_the_words_that_call_it_up(tmp_path):
    tags = {"10_owl": {"owl": 10, "red": 2}, "5_owl": {"owl": 5, "my hand": 9}}
    save_file({"a.lora_A.weight": torch.zeros(1, 1)}, tmp_path / "a.safetensors", metadata={"ss_tag_frequency": json.dumps(tags)})
    save_file({"a.lora_A.weight": torch.zeros(1, 1)}, tmp_path / "b.safetensors", metadata={"modelspec.trigger_phrase": "ohwx, hand"})
    assert loras.triggers(tmp_path / "a.safetensors") == ["owl", "my hand"]
    assert loras.triggers(tmp_path / "b.safetensors") == ["ohwx", "hand"]
    with pytest.warns(UserWarning, match="a.safetensors was trained on the words owl, my hand, and the prompt has none of them"):
        loras.tell_of_triggers([lora(tmp_path / "a.safetensors")], "a fox")
    loras.tell_of_triggers([lora(tmp_path / "a.safetensors")], "an Owl in the snow")


def test_another_autoencoder_is_put_on_the_same_denoiser_and_taken_off(live, tmp_path):
    mine, plain = live
    torch.manual_seed(5)
    other = kl_autoencoder(4)
    other.save_pretrained(tmp_path / "other")
    base = paint(mine)
    patch = Recipe("vae", "other", str(tmp_path / "other"), b"other")
    fitted = loading.fit(mine, recipe(patch))
    assert fitted.unet is mine.unet and fitted.vae is not mine.vae and fitted.patches == (patch,)
    own, plain.vae = plain.vae, other.eval()
    assert torch.allclose(paint(fitted), paint(plain), atol=1e-6) and not torch.allclose(paint(fitted), base, atol=1e-4)
    plain.vae = own
    assert loading.fit(mine, recipe()) is mine and torch.equal(paint(mine), base)
    assert loading.size(mine) > loading.size(plain), "a spare part is counted"
    kl_autoencoder(8).save_pretrained(tmp_path / "wide")
    with pytest.raises(InputError, match="an autoencoder of 8 channels, and this model has latents of 4"):
        loading.fit(mine, recipe(Recipe("vae", "wide", str(tmp_path / "wide"), b"wide")))
    loading.fit(mine, recipe())


def test_another_text_encoder_takes_the_slot_of_its_like(live, tmp_path):
    from .conftest import clip_encoder, t5_encoder

    mine, _ = live
    torch.manual_seed(6)
    clip_encoder().save_pretrained(tmp_path / "clip")
    fitted = loading.fit(mine, recipe(Recipe("text_encoder", "clip", str(tmp_path / "clip"), b"clip", (("slot", "auto"),))))
    assert fitted.text_encoder is not mine.text_encoder and fitted.unet is mine.unet
    assert not torch.allclose(paint(fitted), paint(loading.fit(mine, recipe())), atol=1e-4)
    t5_encoder().save_pretrained(tmp_path / "t5")
    with pytest.raises(InputError, match="is a text encoder .t5, 16 wide. as a StableDiffusionPipeline has none"):
        loading.fit(mine, recipe(Recipe("text_encoder", "t5", str(tmp_path / "t5"), b"t5", (("slot", "auto"),))))
    loading.fit(mine, recipe())


@pytest.mark.parametrize("layout", ["diffusers", "a1111"])
def test_a_learned_word_is_read_in_both_layouts_as_diffusers_reads_it_and_forgotten_again(live, tmp_path, layout):
    mine, plain = live
    vectors = torch.randn(2, 16, generator=torch.Generator().manual_seed(1))
    path = tmp_path / "owl-style.safetensors"
    save_file({"<owl>" if layout == "diffusers" else "emb_params": vectors}, path)
    token = word_of(path)
    assert token == {"diffusers": "<owl>", "a1111": "owl-style"}[layout]
    base = paint(mine, f"a {token} fox")
    patch = Recipe("textual_inversion", path.name, str(path), b"owl", (("token", token),))
    fitted = loading.fit(mine, recipe(patch))
    there = copy.copy(plain)
    there.tokenizer = copy.deepcopy(plain.tokenizer)
    rows = plain.text_encoder.get_input_embeddings()
    before = rows.weight.data, rows.num_embeddings
    there.load_textual_inversion({token: vectors}, token=token)
    assert torch.allclose(paint(fitted, f"a {token} fox"), paint(there, f"a {token} fox"), atol=1e-6)
    rows = plain.text_encoder.get_input_embeddings()
    rows.weight.data, rows.num_embeddings = before
    assert not torch.allclose(paint(fitted, f"a {token} fox"), base, atol=1e-4)
    assert torch.equal(paint(loading.fit(mine, recipe()), f"a {token} fox"), base)


def test_networks_that_visit_the_device_in_turns_do_so_with_other_parts_too(checkpoints, tmp_path):
    pipe, visitors = loading.load(Recipe("DiffusionModel", "sd", str(checkpoints / "sd")), "cpu", "float32"), []
    kl_autoencoder(4).save_pretrained(tmp_path / "vae")
    pipe.bench.visits = visitors.append
    fitted = loading.fit(pipe, recipe(Recipe("vae", "vae", str(tmp_path / "vae"), b"v")))
    assert visitors == [fitted] and fitted is not pipe
    loading.fit(pipe, recipe())
    assert visitors[1:] == [pipe]


@pytest.mark.parametrize("kind", ["flux", "sd3", "xl"])
def test_adapters_of_other_families_paint_what_plain_diffusers_paints(models, checkpoints, tmp_path, kind):
    mine, dice, state = models[kind], torch.Generator().manual_seed(1), {}
    name = "unet" if kind == "xl" else "transformer"
    for place, layer in getattr(mine, name).named_modules():
        if place.endswith(("to_q", "to_v")) and isinstance(layer, torch.nn.Linear):
            state[f"{name}.{place}.lora_A.weight"] = torch.randn(2, layer.in_features, generator=dice)
            state[f"{name}.{place}.lora_B.weight"] = torch.randn(layer.out_features, 2, generator=dice)
    save_file(state, tmp_path / "one.safetensors")
    base, fitted = paint(mine), paint(loading.fit(mine, recipe(lora(tmp_path / "one.safetensors", 0.5))))
    plain = loading.load(Recipe("DiffusionModel", kind, str(checkpoints / kind)), "cpu", "float32")
    plain.load_lora_weights(load_file(tmp_path / "one.safetensors"), adapter_name="one")
    plain.set_adapters(["one"], [0.5])
    assert torch.allclose(fitted, paint(plain), atol=1e-5) and not torch.allclose(fitted, base, atol=1e-3)
    assert torch.equal(paint(loading.fit(mine, recipe())), base)


COMPILED = Recipe("compile", "", options=(("backend", "eager"), ("mode", None)))


def test_settings_of_the_networks_are_put_on_and_taken_off(live):
    mine, _ = live
    base, vae = paint(mine), mine.vae
    fitted = loading.fit(mine, recipe(*(Recipe(kind, "") for kind in ("tiling", "slicing", "channels_last"))))
    assert vae.use_tiling and vae.use_slicing and mine.unet._compiled_call_impl is None
    assert mine.unet.conv_in.weight.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(paint(fitted), base, atol=1e-5)
    loading.fit(mine, recipe(COMPILED))
    assert mine.unet._compiled_call_impl is not None
    loading.fit(mine, recipe())
    assert not (vae.use_tiling or vae.use_slicing) and mine.unet._compiled_call_impl is None
    assert torch.equal(paint(mine), base)


@pytest.mark.slow
def test_a_compiled_denoiser_paints_the_same(live):
    mine, _ = live
    base = paint(mine)
    assert torch.allclose(paint(loading.fit(mine, recipe(COMPILED))), base, atol=1e-5)
    loading.fit(mine, recipe())


def test_attention_is_chosen_where_a_network_has_a_choice(models):
    flux = models["flux"]
    loading.fit(flux, recipe(Recipe("attention", "", options=(("backend", "math"),))))
    kinds = {part.processor._attention_backend for part in flux.transformer.modules() if hasattr(part, "processor")}
    assert [kind.value for kind in kinds] == ["_native_math"]
    with pytest.raises(InputError, match="attention sage cannot be had here"):
        loading.fit(flux, recipe(Recipe("attention", "", options=(("backend", "sage"),))))
    loading.fit(flux, recipe())
    assert {part.processor._attention_backend for part in flux.transformer.modules() if hasattr(part, "processor")} == {None}
    with pytest.warns(UserWarning, match="has no choice of it"):
        loading.fit(models["sd"], recipe(Recipe("attention", "", options=(("backend", "math"),))))
    loading.fit(models["sd"], recipe())


GRAPH = """
nodegraph: 1
nodes:
  hand: {type: diffusion.lora, model: sd, file: one.safetensors, weight: 0.5}
  seen: {type: diffusion.vae, model: $hand, file: VAE}
  half: {type: diffusion.options, model: $seen, tiling: TILING}
  picture: {type: diffusion.paint, model: $half, prompt: a fox, steps: 1, width: 32, height: 32}
outputs: {picture: $picture}
"""


def test_the_nodes_say_all_that_in_a_graph_and_one_live_model_serves_it(checkpoints, hands, tmp_path):
    (tmp_path / "sd").symlink_to(checkpoints / "sd")
    (tmp_path / "one.safetensors").symlink_to(hands[0])
    path = tmp_path / "graph.yaml"
    pictures = []
    with Engine(tmp_path / "cache") as engine:
        for vae, tiling in (("sd", "false"), ("sd", "true"), (str(checkpoints / "xl"), "false")):
            path.write_text(GRAPH.replace("VAE", vae).replace("TILING", tiling))
            pictures.append(engine.run(path)["picture"])
        assert engine.models.loads == 1 and engine.models.fits == 3
    assert torch.equal(pictures[0], pictures[1]) and not torch.allclose(pictures[0], pictures[2], atol=1e-4)


STAGED = """
nodegraph: 1
nodes:
  hand: {type: diffusion.lora, model: sd, file: one.safetensors, weight: WEIGHT}
  seen: {type: diffusion.vae, model: $hand, file: VAE}
  idea: {type: diffusion.encode, model: $seen, prompt: a fox}
  sketch: {type: diffusion.sample, model: $seen, conditioning: $idea, steps: 1, width: 32, height: 32}
  picture: {type: diffusion.decode, model: $seen, latent: $sketch}
outputs: {picture: $picture}
"""


def test_another_autoencoder_samples_nothing_again_and_another_weight_everything(checkpoints, hands, tmp_path):
    torch.manual_seed(11)
    kl_autoencoder(4).save_pretrained(tmp_path / "vae")
    (tmp_path / "sd").symlink_to(checkpoints / "sd")
    (tmp_path / "one.safetensors").symlink_to(hands[0])
    path = tmp_path / "graph.yaml"

    def ran(engine: Engine, weight: str, vae: str) -> list[str]:
        path.write_text(STAGED.replace("WEIGHT", weight).replace("VAE", vae))
        return [name for name, node in engine.run(path).nodes.items() if node.status == "ran"]

    with Engine(tmp_path / "cache") as engine:
        assert set(ran(engine, "0.5", "sd")) >= {"idea", "sketch", "picture"}
        assert ran(engine, "0.5", "vae") == ["seen", "picture"]
        assert set(ran(engine, "0.7", "vae")) >= {"idea", "sketch", "picture"} and engine.models.loads == 1
        assert ran(engine, "0.5", "sd") == []
