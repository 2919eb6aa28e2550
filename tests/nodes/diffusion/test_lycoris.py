"""Adapters of more kinds than LoRA: their formulas against dense computations, and live models against weights changed by hand."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from nodegraph import Engine, InputError, Recipe
from nodegraph_nodes.diffusion import models as loading
from nodegraph_nodes.diffusion.checkpoints.anatomy import paints
from nodegraph_nodes.diffusion.lycoris import changed, grouped, is_more
from nodegraph_nodes.diffusion.patches import layers, loras

from . import wild
from .test_checkpoints import Zoo
from .test_patches import STAGED, adapter, kohya, lora, paint, recipe

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:.*deprecat.*:FutureWarning",
                                        "ignore:Already found a `peft_config`", "ignore:.* is far from the:UserWarning")


def drawn(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed + sum(shape)), dtype=torch.float32) * 0.3


WEIGHT, CONV = drawn(6, 4), drawn(6, 4, 3, 3)


def test_a_product_of_two_is_what_its_two_layers_do_one_after_the_other():
    up, down, x = drawn(6, 2), drawn(2, 4), drawn(5, 4)
    made = changed(WEIGHT, {"up": up, "down": down, "alpha": torch.tensor(1.0)})
    assert torch.allclose(F.linear(x, made), F.linear(x, WEIGHT) + F.linear(F.linear(x, down), up) * 0.5, atol=1e-6)


def test_of_convolutions_too_also_around_a_core():
    up, down, core, x = drawn(6, 2, 1, 1), drawn(2, 4, 3, 3), drawn(2, 2, 3, 3), drawn(1, 4, 7, 7)
    made = changed(CONV, {"up": up, "down": down, "alpha": torch.tensor(4.0)})
    assert torch.allclose(F.conv2d(x, made), F.conv2d(x, CONV) + F.conv2d(F.conv2d(x, down), up) * 2, atol=1e-5)
    thin = drawn(2, 4, 1, 1)
    made = changed(CONV, {"up": up, "mid": core, "down": thin})
    assert torch.allclose(F.conv2d(x, made), F.conv2d(x, CONV) + F.conv2d(F.conv2d(F.conv2d(x, thin), core), up), atol=1e-5)


def test_a_hadamard_product_is_taken_number_by_number():
    parts = {"hada_w1_a": drawn(6, 2), "hada_w1_b": drawn(2, 4, seed=2), "hada_w2_a": drawn(6, 2, seed=3),
             "hada_w2_b": drawn(2, 4, seed=4), "alpha": torch.tensor(1.0)}
    made = changed(WEIGHT, parts)
    for row in range(6):
        for column in range(4):
            one = sum(parts["hada_w1_a"][row, k] * parts["hada_w1_b"][k, column] for k in range(2))
            two = sum(parts["hada_w2_a"][row, k] * parts["hada_w2_b"][k, column] for k in range(2))
            assert torch.allclose(made[row, column], WEIGHT[row, column] + one * two / 2, atol=1e-6)


def test_a_hadamard_product_around_cores_is_taken_number_by_number():
    parts = {name: drawn(*shape, seed=at) for at, (name, shape) in enumerate({
        "hada_w1_a": (2, 6), "hada_w1_b": (2, 4), "hada_t1": (2, 2, 3, 3), "hada_w2_a": (2, 6), "hada_w2_b": (2, 4),
        "hada_t2": (2, 2, 3, 3)}.items())}
    made = changed(CONV, parts)
    for row, column, y, x in ((0, 0, 0, 0), (5, 3, 2, 1), (2, 1, 1, 2)):
        factor = 1.0
        for n in (1, 2):
            factor *= sum(parts[f"hada_t{n}"][i, j, y, x] * parts[f"hada_w{n}_a"][i, row] * parts[f"hada_w{n}_b"][j, column]
                          for i in range(2) for j in range(2))
        assert torch.allclose(made[row, column, y, x], CONV[row, column, y, x] + factor, atol=1e-6)


@pytest.mark.parametrize("first", ["whole", "two"])
@pytest.mark.parametrize("second", ["whole", "two", "core", "convolution"])
def test_a_kronecker_product_is_blocks_of_its_second_factor(first, second):
    conv = second in ("core", "convolution")
    parts: dict[str, Any] = {"alpha": torch.tensor(3.0)}
    if first == "whole":
        w1 = parts["lokr_w1"] = drawn(2, 2)
    else:
        parts |= {"lokr_w1_a": drawn(2, 1), "lokr_w1_b": drawn(1, 2)}
        w1 = parts["lokr_w1_a"] @ parts["lokr_w1_b"]
    if second == "whole":
        w2 = parts["lokr_w2"] = drawn(3, 2)
    elif second == "core":
        parts |= {"lokr_w2_a": drawn(1, 3), "lokr_w2_b": drawn(1, 2, seed=5), "lokr_t2": drawn(1, 1, 3, 3)}
        parts = {name: torch.cat([one, one.flip(-1) / 2]) if "w2" in name else one for name, one in parts.items()}
        parts["lokr_t2"], parts["alpha"] = drawn(2, 2, 3, 3), torch.tensor(3.0 if first == "two" else 6.0)
        w2 = torch.stack([torch.stack([sum(parts["lokr_t2"][i, j] * parts["lokr_w2_a"][i, p] * parts["lokr_w2_b"][j, r]
                                           for i in range(2) for j in range(2)) for r in range(2)]) for p in range(3)])
    else:
        parts |= {"lokr_w2_a": drawn(3, 1), "lokr_w2_b": drawn(1, 18 if conv else 2)}
        w2 = (parts["lokr_w2_a"] @ parts["lokr_w2_b"]).reshape(3, 2, *(3, 3) * conv)
    weight = CONV if conv else WEIGHT
    blocks = torch.cat([torch.cat([w1[i, j] * w2 for j in range(2)], 1) for i in range(2)], 0)
    scale = 1.0 if (first, second) == ("whole", "whole") else 3.0  # an alpha counts only where something has a rank
    assert torch.allclose(changed(weight, parts), weight + blocks * scale, atol=1e-6)


def test_factors_differences_and_lengths():
    x = drawn(5, 4)
    rows, columns = drawn(1, 6), drawn(1, 4)
    assert torch.allclose(F.linear(x, changed(WEIGHT, {"weight": rows, "on_input": torch.tensor(False)})),
                          F.linear(x, WEIGHT) * (1 + rows), atol=1e-6)
    assert torch.allclose(F.linear(x, changed(WEIGHT, {"weight": columns, "on_input": torch.tensor(True)})),
                          F.linear(x * (1 + columns), WEIGHT), atol=1e-6)
    assert torch.equal(changed(WEIGHT, {"diff": torch.ones(6, 4)}), WEIGHT + 1)
    up, down, lengths = drawn(6, 2), drawn(2, 4), drawn(6, 1).abs() + 1
    directions = WEIGHT + up @ down  # DoRA: m (W + BA) / |W + BA|, by rows, or by columns as in its paper
    made = changed(WEIGHT, {"up": up, "down": down, "dora_scale": lengths})
    assert torch.allclose(made.norm(dim=1), lengths[:, 0], atol=1e-6)
    assert torch.allclose(F.cosine_similarity(made, directions, dim=1), torch.ones(6), atol=1e-6)
    made = changed(CONV, {"up": up, "down": drawn(2, 36), "dora_scale": torch.full((1, 4, 1, 1), 2.0)})
    assert torch.allclose(made.square().sum((0, 2, 3)).sqrt(), torch.full((4,), 2.0), atol=1e-6)


def test_a_change_of_what_goes_in_and_one_beside_it():
    a1, a2, b1, b2, x = drawn(4, 2), drawn(2, 4, seed=2), drawn(6, 2, seed=3), drawn(2, 4, seed=4), drawn(5, 4)
    made = changed(WEIGHT, {"a1": a1, "a2": a2, "b1": b1, "b2": b2, "alpha": torch.tensor(1.0)})
    beside = F.linear(F.linear(x, b2), b1) * 0.5
    assert torch.allclose(F.linear(x, made), F.linear(x, WEIGHT)
                          + F.linear(x, WEIGHT @ a1 @ a2) * 0.5 + beside, atol=1e-5)
    conv = changed(CONV, {"a1": a1, "a2": a2, "b1": b1, "b2": drawn(2, 36)})
    picture = drawn(1, 4, 7, 7)
    mixed = F.conv2d(picture, (a1 @ a2)[..., None, None])
    assert torch.allclose(F.conv2d(picture, conv), F.conv2d(picture + mixed, CONV)
                          + F.conv2d(picture, (b1 @ drawn(2, 36)).reshape(6, 4, 3, 3)), atol=1e-5)


def test_rotations_of_rows_keep_their_lengths_and_angles():
    blocks = drawn(2, 3, 3)
    made = changed(WEIGHT, {"oft_blocks": blocks, "alpha": torch.tensor(0.0)})
    for block in range(2):
        rows, turned = (weight[3 * block:3 * block + 3] for weight in (WEIGHT, made))
        assert torch.allclose(turned.mT @ turned, rows.mT @ rows, atol=1e-5), "as of any rotation of rows"
        skew = blocks[block] - blocks[block].mT  # (I - Q) R = I + Q, and R and these commute
        assert torch.allclose((torch.eye(3) - skew).mT @ turned, (torch.eye(3) + skew).mT @ rows, atol=1e-5)
    assert not torch.allclose(made, WEIGHT, atol=1e-2)
    skew = blocks - blocks.mT
    bound = float(skew.norm()) / 2 / 6  # of each row of the weight
    half = changed(WEIGHT, {"oft_blocks": blocks / 2, "alpha": torch.tensor(0.0)})
    assert torch.allclose(changed(WEIGHT, {"oft_blocks": blocks, "alpha": torch.tensor(bound)}), half, atol=1e-5)
    long = changed(WEIGHT, {"oft_blocks": blocks, "rescale": torch.full((6, 1), 2.0)})
    assert torch.allclose(long, made * 2, atol=1e-5)
    with pytest.raises(InputError, match="turns blocks of 2 x 2 x 2 in a weight of 6 x 4"):
        changed(WEIGHT, {"oft_blocks": drawn(2, 2, 2)})


def test_what_does_not_fit_or_is_of_no_kind_is_told():
    with pytest.raises(InputError, match="changes 6 x 5 numbers of a weight of 6 x 4"):
        changed(WEIGHT, {"up": drawn(6, 2), "down": drawn(2, 5)})
    with pytest.raises(InputError, match="its parts do not fit together"):
        changed(WEIGHT, {"up": drawn(6, 2), "down": drawn(3, 4)})
    groups, unknown = grouped({"a.hada_w1_a": 1, "b.oft_R.weight": 2, "c.lora_up.weight": 3, "c.lora_down.weight": 4})
    assert groups == {"c": {"up": 3, "down": 4}} and sorted(unknown) == ["a.hada_w1_a", "b.oft_R.weight"]
    assert is_more(["x.lokr_w1"]) and is_more(["x.dora_scale"]) and not is_more(["x.lora_up.weight", "x.alpha"])


@pytest.fixture(scope="module")
def live(checkpoints):
    return loading.load(Recipe("DiffusionModel", "sd", str(checkpoints / "sd")), "cpu", "float32")


def hadamard(pipe: Any, kind: str = "hada") -> dict[str, dict[str, torch.Tensor]]:
    """Changes of attention, convolutions and words, by the names of layers."""
    out = {}
    for slot, endings in (("unet", ("to_q", "to_v", "conv1", "conv_in", "time_emb_proj")), ("text_encoder", ("q_proj",))):
        for name, layer in getattr(pipe, slot).named_modules():
            if not name.endswith(endings) or getattr(layer, "weight", None) is None:
                continue
            rows, columns = layer.weight.shape[0], layer.weight[0].numel()
            out[f"{slot}.{name}"] = {
                "hada": lambda: {f"hada_w{n}_{ab}": drawn(*((rows, 2) if ab == "a" else (2, columns)), seed=n)
                                 for n in (1, 2) for ab in "ab"} | {"alpha": torch.tensor(2.0)},
                "lokr": lambda: {"lokr_w1": drawn(2, 1), "lokr_w2_a": drawn(rows // 2, 2), "lokr_w2_b": drawn(2, columns),
                                 "alpha": torch.tensor(4.0)},
                "locon": lambda: {"lora_up.weight": drawn(rows, 2, *(1, 1) * (layer.weight.ndim == 4)),
                                  "lora_down.weight": drawn(2, *layer.weight.shape[1:]), "alpha": torch.tensor(1.0),
                                  "dora_scale": drawn(rows, *(1,) * (layer.weight.ndim - 1)).abs() + 0.5},
                "full": lambda: {"diff": drawn(*layer.weight.shape)} | (
                    {"diff_b": drawn(rows)} if layer.bias is not None else {})}[kind]()
    return out


def by_hand(pipe: Any, changes: dict[str, dict[str, torch.Tensor]], weight: float) -> Any:
    """The pipeline in copies whose weights were changed one by one."""
    other = copy.copy(pipe)
    networks = {slot: copy.deepcopy(getattr(pipe, slot)) for slot in ("unet", "text_encoder")}
    for place, parts in changes.items():
        slot, _, name = place.partition(".")
        layer = dict(networks[slot].named_modules())[name]
        group = grouped({f"x.{end}": tensor for end, tensor in parts.items()})[0]["x"]
        with torch.no_grad():
            if set(group) != {"diff_b"}:
                layer.weight += weight * (changed(layer.weight, group) - layer.weight)
            if "diff_b" in group:
                layer.bias += weight * group["diff_b"]
    for slot, network in networks.items():
        setattr(other, slot, network)
    return other


def kohya_names(changes: dict[str, dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    heads = {"unet": "lora_unet", "text_encoder": "lora_te"}
    return {f"{heads[slot]}_{'text_model_' * (slot != 'unet' and 'text_model' not in name)}{name.replace('.', '_')}.{part}": tensor
            for place, parts in changes.items() for slot, _, name in (place.partition("."),) for part, tensor in parts.items()}


def held(pipe: Any) -> tuple[int, int]:
    """Bytes of the weights of a pipeline, and of what lies beside them for an adapter, also as it is counted for leases."""
    networks = (pipe.unet, pipe.text_encoder, pipe.vae)
    own = sum(tensor.nbytes for network in networks for tensor in (*network.parameters(), *network.buffers()))
    return own, own + sum(tensor.nbytes for tensor in pipe.bench.merges.tensors) if loading.size(pipe) else 0


def test_weights_that_the_files_do_not_hold_number_for_number_are_kept_beside_and_counted(live, tmp_path):
    changes = hadamard(live)
    save_file({k: v.contiguous() for k, v in kohya_names(changes).items()}, tmp_path / "a.safetensors")
    layer = live.unet.conv_in.weight
    first = layer.data
    layer.data = first + 0.001
    before, base = loading.size(live), layer.data.clone()
    loading.fit(live, recipe(lora(tmp_path / "a.safetensors")))
    assert loading.size(live) == before + layer.nbytes and not torch.equal(layer.data, base)
    loading.fit(live, recipe())
    assert loading.size(live) == before and torch.equal(layer.data, base)
    layer.data = first


def test_a_file_that_is_another_by_now_is_not_read_into_the_model(checkpoints, tmp_path):
    import shutil

    shutil.copytree(checkpoints / "sd", tmp_path / "sd")
    pipe = loading.load(Recipe("DiffusionModel", "sd", str(tmp_path / "sd")), "cpu", "float32")
    save_file({k: v.contiguous() for k, v in kohya_names(hadamard(pipe)).items()}, tmp_path / "a.safetensors")
    loading.fit(pipe, recipe(lora(tmp_path / "a.safetensors")))
    weights = tmp_path / "sd/unet/diffusion_pytorch_model.safetensors"
    save_file({name: tensor + 1 for name, tensor in load_file(weights).items()}, weights)
    with pytest.raises(InputError, match="was changed while an adapter was on its model"):
        loading.fit(pipe, recipe())


@pytest.mark.parametrize("kind", ["hada", "lokr", "locon", "full"])
@pytest.mark.parametrize("names", ["kohya", "diffusers"])
def test_it_paints_what_weights_changed_by_hand_paint_and_taken_off_the_base(live, tmp_path, kind, names):
    changes = hadamard(live, kind)
    state = kohya_names(changes) if names == "kohya" else {f"{place}.{part}": t for place, parts in changes.items()
                                                           for part, t in parts.items()}
    path = tmp_path / "adapter.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    assert loras.holds(path) and not loras.problem(path) and not paints(path)
    base, tensor, before = paint(live), live.unet.conv_in.weight.data.clone(), held(live)
    made = paint(loading.fit(live, recipe(lora(path, 0.7))))
    assert not torch.equal(live.unet.conv_in.weight.data, tensor) or kind == "lokr"
    assert held(live) == before, "nothing is kept beside what can be read again"
    loading.fit(live, recipe())
    assert torch.equal(live.unet.conv_in.weight.data, tensor) and torch.equal(paint(live), base) and held(live) == before
    assert torch.allclose(made, paint(by_hand(live, changes, 0.7)), atol=1e-5) and not torch.allclose(made, base, atol=1e-3)


def test_it_goes_beside_a_lora_twice_and_for_one_part_alone(live, tmp_path):
    changes, plain = hadamard(live), adapter(live, 3)
    save_file({k: v.contiguous() for k, v in kohya_names(changes).items()}, tmp_path / "more.safetensors")
    save_file(kohya(plain, 2.0), tmp_path / "plain.safetensors")
    more, other = tmp_path / "more.safetensors", tmp_path / "plain.safetensors"
    base = paint(live)
    one = paint(loading.fit(live, recipe(lora(more, 0.8), lora(other))))
    assert torch.allclose(paint(loading.fit(live, recipe(lora(other), lora(more, 0.5), lora(more, 0.3)))), one, atol=1e-5)
    words = {name: parts for name, parts in changes.items() if name.startswith("text_encoder")}
    text = paint(loading.fit(live, recipe(lora(more, part="text"))))
    loading.fit(live, recipe())
    assert torch.allclose(text, paint(by_hand(live, words, 1.0)), atol=1e-5) and torch.equal(paint(live), base)
    save_file({k: v.contiguous() for k, v in kohya_names({n: p for n, p in changes.items() if n not in words}).items()}, more)
    with pytest.raises(InputError, match="more.safetensors has nothing for the text encoders; take part: both"):
        loading.fit(live, recipe(lora(more, part="text")))
    loading.fit(live, recipe())


@pytest.mark.parametrize("kind", ["LoHaConfig", "LoKrConfig", "IA3Config", "dora"])
def test_what_peft_made_paints_what_peft_paints(live, tmp_path, kind):
    import peft

    targets = ["to_q", "to_v", "conv1"] if kind in ("LoHaConfig", "LoKrConfig") else ["to_q", "to_v"]
    config = {"IA3Config": lambda: peft.IA3Config(target_modules=targets, feedforward_modules=["to_v"]),
              "dora": lambda: peft.LoraConfig(r=2, lora_alpha=3, target_modules=targets, use_dora=True)}.get(
        kind, lambda: getattr(peft, kind)(r=2, alpha=3, target_modules=targets))()
    torch.manual_seed(4)
    other = copy.copy(live)
    wrapped = peft.get_peft_model(copy.deepcopy(live.unet), config)
    with torch.no_grad():
        for name, parameter in wrapped.named_parameters():
            if any(sign in name for sign in ("hada_", "lokr_", "ia3_", "lora_")):
                parameter.add_(torch.randn(parameter.shape) * 0.2)
    wrapped.save_pretrained(tmp_path / "adapter")
    other.unet = wrapped.base_model.model
    base, expected = paint(live), paint(other)
    made = paint(loading.fit(live, recipe(lora(tmp_path / "adapter"))))
    loading.fit(live, recipe())
    assert torch.allclose(made, expected, atol=1e-5) and not torch.allclose(made, base, atol=1e-3)


def test_the_names_of_the_authors_reach_the_layers_of_xl_and_flux(tmp_path):
    zoo = Zoo(tmp_path)
    xl, painter = zoo.pipe("sdxl"), zoo.pipe("flux").transformer
    there = layers.index(xl)
    layer_of = {name.removesuffix(".weight"): tensor for name, tensor in wild.unet(xl.unet).items() if name.endswith(".weight")}
    for name, tensor in layer_of.items():
        (place,) = there["lora_unet_" + name.removeprefix("model.diffusion_model.").replace(".", "_")]
        assert place.layer.weight.shape == tensor.shape and torch.equal(place.layer.weight, tensor)
    there = layers.index(zoo.pipe("flux"))
    for name, tensor in wild.flux(painter).items():
        if name.endswith((".weight", ".scale")):
            places = there["diffusion_model_" + name.rpartition(".")[0].replace(".", "_")]
            whole = torch.cat([place.layer.weight for place in places])
            assert torch.equal(torch.cat(whole.chunk(2)[::-1]) if places[0].swapped else whole, tensor)


def test_the_names_of_the_authors_of_stable_diffusion_3_reach_its_layers(tmp_path):
    pipe = Zoo(tmp_path).pipe("sd3")
    there = layers.index(pipe)
    for name, tensor in wild.sd3(pipe.transformer).items():
        if name.endswith(".weight"):
            places = there["lora_unet_" + name.removeprefix("model.diffusion_model.").removesuffix(".weight").replace(".", "_")]
            whole = torch.cat([place.layer.weight for place in places])
            assert torch.equal(torch.cat(whole.chunk(2)[::-1]) if places[0].swapped else whole, tensor), name
    up, down = drawn(3 * pipe.transformer.inner_dim, 2), drawn(2, pipe.transformer.inner_dim)
    layer = "lora_unet_joint_blocks_0_x_block_attn_qkv"
    save_file({f"{layer}.lora_up.weight": up, f"{layer}.lora_down.weight": down, f"{layer}.alpha": torch.tensor(1.0)},
              tmp_path / "hand.safetensors")
    key = pipe.transformer.transformer_blocks[0].attn.to_k.weight
    before = key.data.clone()
    from nodegraph_nodes.diffusion.patches import merges

    one = lora(tmp_path / "hand.safetensors")
    assert merges.is_merged(one)
    there = merges.Merges()
    there.put_on(pipe, [one])
    middle = slice(pipe.transformer.inner_dim, 2 * pipe.transformer.inner_dim)
    assert torch.allclose(key.data, before + (up @ down)[middle] * 0.5, atol=1e-6)
    there.take_off()
    assert torch.equal(key.data, before)


def test_a_change_of_layers_that_are_joined_in_a_file_is_shared_among_them(tmp_path):
    zoo = Zoo(tmp_path)
    pipe = zoo.pipe("flux")
    qkv, whole = drawn(96, 32), wild.flux(pipe.transformer)["double_blocks.0.img_attn.qkv.weight"]
    save_file({"diffusion_model.double_blocks.0.img_attn.qkv.lokr_w1": torch.ones(1, 1),
               "diffusion_model.double_blocks.0.img_attn.qkv.lokr_w2": qkv,
               "diffusion_model.nowhere.lokr_w1": torch.ones(1, 1), "diffusion_model.nowhere.lokr_w2": drawn(2, 2),
               "diffusion_model.double_blocks.0.img_mlp.0.oft_R.weight": drawn(2, 3)}, tmp_path / "a.safetensors")
    loras_ = [lora(tmp_path / "a.safetensors", 0.5)]
    from nodegraph_nodes.diffusion.patches.merges import Merges

    merges = Merges()
    with pytest.warns(UserWarning) as told:
        merges.put_on(pipe, loras_)
    assert torch.allclose(wild.flux(pipe.transformer)["double_blocks.0.img_attn.qkv.weight"], whole + 0.5 * qkv, atol=1e-6)
    said = " ".join(str(one.message) for one in told)
    assert "1 changes of a kind that is not read here" in said and "nowhere" in said and "oft_R" in said
    merges.take_off()
    assert torch.equal(wild.flux(pipe.transformer)["double_blocks.0.img_attn.qkv.weight"], whole)


def test_one_of_another_family_or_kind_is_told(live, tmp_path):
    save_file({"lora_unet_nowhere.hada_w1_a": drawn(4, 2), "lora_unet_nowhere.hada_w1_b": drawn(2, 4),
               "lora_unet_nowhere.hada_w2_a": drawn(4, 2), "lora_unet_nowhere.hada_w2_b": drawn(2, 4)}, tmp_path / "a.safetensors")
    with pytest.raises(InputError, match="a.safetensors does not fit a StableDiffusionPipeline: none of its names"):
        loading.fit(live, recipe(lora(tmp_path / "a.safetensors")))
    layer = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"
    save_file({f"{layer}.lokr_w1": drawn(2, 2), f"{layer}.lokr_w2": drawn(8, 1024)}, tmp_path / "b.safetensors")
    with pytest.raises(InputError, match="does not fit .* it changes 16 x 2048 numbers of a weight of 16 x 16"):
        loading.fit(live, recipe(lora(tmp_path / "b.safetensors")))
    save_file({"x.oft_R.weight": drawn(4, 2)}, tmp_path / "c.safetensors")
    assert "of a kind that is not read here (BOFT" in loras.problem(tmp_path / "c.safetensors")
    base = paint(loading.fit(live, recipe()))
    assert torch.equal(base, paint(loading.fit(live, recipe())))


def test_another_weight_loads_nothing_anew(checkpoints, live, tmp_path):
    save_file({k: v.contiguous() for k, v in kohya_names(hadamard(live)).items()}, tmp_path / "one.safetensors")
    (tmp_path / "sd").symlink_to(checkpoints / "sd")
    path = Path(tmp_path / "graph.yaml")
    with Engine(tmp_path / "cache") as engine:
        def ran(weight: str, vae: str) -> list[str]:
            path.write_text(STAGED.replace("WEIGHT", weight).replace("VAE", vae))
            return [name for name, node in engine.run(path).nodes.items() if node.status == "ran"]
        assert set(ran("0.5", "sd")) >= {"idea", "sketch", "picture"}
        assert "sketch" in ran("0.2", "sd") and engine.models.loads == 1
        assert ran("0.2", str(checkpoints / "xl")) == ["seen", "picture"]
