"""IP-Adapters give the pixels of diffusers' own way, and leave the live model as it was."""

import copy

import diffusers
import pytest
import torch
from safetensors.torch import save_file

from nodegraph import InputError, Recipe
from nodegraph_nodes.diffusion.control import ip_adapter
from nodegraph_nodes.diffusion.encode import encode
from nodegraph_nodes.diffusion.nets import adapter_problem, holds_adapter, load_adapter
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.diffusion.space import unpacked

from .steering import (
    Live,
    control_net,
    flux_ip_adapter_weights,
    ip_adapter_weights,
    sd3_ip_adapter_weights,
    siglip,
    steered,
    vision,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*deprecat.*:FutureWarning")]
SIDE = 32


@pytest.fixture(scope="module")
def folders(models, tmp_path_factory):
    """Folders of adapters for sd and xl, as people have them."""
    root = tmp_path_factory.mktemp("adapters")
    for kind in ("sd", "xl"):
        vision().save_pretrained(root / kind / "image_encoder")
        save_file(ip_adapter_weights(models[kind].unet), root / kind / "ip-adapter.safetensors")
    vision().save_pretrained(root / "flux" / "image_encoder")
    save_file(flux_ip_adapter_weights(models["flux"].transformer), root / "flux" / "ip_adapter.safetensors")
    siglip().save_pretrained(root / "sd3" / "image_encoder")
    save_file({name: tensor.contiguous() for name, tensor in sd3_ip_adapter_weights(models["sd3"].transformer).items()},
              root / "sd3" / "ip-adapter.safetensors")
    return root


@pytest.fixture(scope="module")
def adapters(folders):
    return {kind: load_adapter(Recipe("IPAdapter", kind, str(folders / kind)), "cpu", "float32")
            for kind in ("sd", "xl", "flux", "sd3")}


@pytest.fixture(scope="module")
def pictures():
    whole = (torch.rand(3, 3, 24, 24, generator=torch.Generator().manual_seed(2)) * 255).round() / 255
    return list(whole)


def looked(kind, pictures, **more):
    return ip_adapter(Recipe("IPAdapter", kind), pictures, **more)


def painted(models, nets, kind, controls):
    idea = encode(models[kind], "a red boat", "" if kind == "flux" else "fog")
    return sample(models[kind], idea, 3, 3, width=SIDE, height=SIDE, control=controls, ctx=Live(nets)).samples


@pytest.mark.parametrize("kind, count", [("sd", 1), ("sd", 2), ("xl", 1), ("xl", 2), ("flux", 1), ("flux", 2), ("sd3", 1)])
def test_it_gives_the_pixels_of_diffusers_own_way(models, adapters, pictures, kind, count):
    model, adapter = models[kind], adapters[kind]
    before = painted(models, adapters, kind, None)
    made = painted(models, adapters, kind, [looked(kind, pictures[:count], weight=0.8)])
    assert torch.equal(painted(models, adapters, kind, None), before)  # nothing of it is left on the live model
    name = "unet" if kind in ("sd", "xl") else "transformer"
    pipe = getattr(diffusers, type(model).__name__)(**{
        **model.components, name: copy.deepcopy(getattr(model, name)), "scheduler": copy.deepcopy(model.scheduler),
        "image_encoder": adapter.encoder, "feature_extractor": adapter.processor})
    pipe.set_progress_bar_config(disable=True)
    pipe.load_ip_adapter(copy.deepcopy(adapter.weights), "", "", low_cpu_mem_usage=False)
    pipe.set_ip_adapter_scale(0.8)
    shown = diffusers.utils.numpy_to_pil(torch.stack(pictures[:count]).permute(0, 2, 3, 1).numpy())
    more = {} if kind == "flux" else {"negative_prompt": "fog"}
    expected = pipe("a red boat", **more, ip_adapter_image=shown[0] if kind == "sd3" else [shown], num_inference_steps=3,
                    width=SIDE, height=SIDE, generator=torch.Generator().manual_seed(3), output_type="latent")[0]
    expected = unpacked(model, expected, SIDE, SIDE)[0]
    assert torch.allclose(made, expected, atol=1e-5) and not torch.allclose(made, before, atol=1e-3)


def test_two_adapters_count_by_their_weights_and_one_of_none_is_as_if_it_were_not_there(models, adapters, pictures):
    alone = painted(models, adapters, "sd", [looked("sd", pictures[:1], weight=0.8)])
    both = [looked("sd", pictures[:1], weight=0.8), looked("sd", pictures[1:2], weight=0.0)]
    assert torch.allclose(painted(models, adapters, "sd", both), alone, atol=1e-6)
    both[1] = looked("sd", pictures[1:2], weight=0.8)
    assert not torch.allclose(painted(models, adapters, "sd", both), alone, atol=1e-3)


@pytest.mark.parametrize("kind", ["sd", "flux", "sd3"])
def test_it_looks_only_in_its_share_of_the_steps_and_beside_a_control_net(models, adapters, pictures, kind):
    nets = {**adapters, "net": control_net(models[kind], kind)}
    half = painted(models, nets, kind, [looked(kind, pictures[:1], weight=0.8, end=0.5)])
    whole = painted(models, nets, kind, [looked(kind, pictures[:1], weight=0.8)])
    both = painted(models, nets, kind, [looked(kind, pictures[:1], weight=0.8), steered("net", pictures[1])])
    assert not torch.allclose(half, whole, atol=1e-4) and not torch.allclose(both, whole, atol=1e-3)


def test_a_folder_without_the_encoder_or_with_several_adapters_is_told(folders, models, tmp_path):
    save_file(ip_adapter_weights(models["sd"].unet), tmp_path / "ip-adapter.safetensors")
    assert holds_adapter(tmp_path) and "lacks the encoder of its pictures" in adapter_problem(tmp_path)
    assert not holds_adapter(folders) and "a folder with an IP-Adapter" in adapter_problem(folders)
    vision().save_pretrained(tmp_path / "image_encoder")
    save_file(ip_adapter_weights(models["sd"].unet, seed=9), tmp_path / "plus.safetensors")
    recipe = Recipe("IPAdapter", "both", str(tmp_path))
    with pytest.raises(InputError, match="both holds ip-adapter.safetensors, plus.safetensors; say in `file`"):
        load_adapter(recipe, "cpu", "float32")
    named = load_adapter(ip_adapter(recipe, [torch.zeros(3, 8, 8)], file="plus").net, "cpu", "float32")
    assert torch.equal(named.weights["image_proj"]["proj.weight"],
                       ip_adapter_weights(models["sd"].unet, seed=9)["image_proj.proj.weight"])


def test_one_for_another_model_or_family_is_told(models, adapters, pictures):
    with pytest.raises(InputError, match="is no IP-Adapter for this StableDiffusionXLPipeline"):
        painted(models, {"sd": adapters["sd"]}, "xl", [looked("sd", pictures[:1])])
    for kind, other in (("sd3", "sd"), ("flux", "sd3"), ("sd", "flux")):
        with pytest.raises(InputError, match=f"{other} is no IP-Adapter for this"):
            painted(models, adapters, kind, [looked(other, pictures[:1])])
    with pytest.raises(InputError, match="looks at one picture"):
        painted(models, adapters, "sd3", [looked("sd3", pictures[:2])])
    with pytest.raises(InputError, match="images is empty"):
        looked("sd", [])
