"""Networks that steer, with random weights, small enough to build in a moment."""

import diffusers
import torch

from nodegraph import Context, Recipe
from nodegraph_nodes.diffusion.control import control


class Live(Context):
    """Hands out live models by what their recipes are called."""

    def __init__(self, nets):
        super().__init__()
        object.__setattr__(self, "nets", nets)

    def live(self, recipe):
        return self.nets[recipe.source]


def awake(net, seed=5):
    """A net whose layers are not of zeros, as they are before it is trained."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return net.eval().requires_grad_(False)


def control_net(model, kind, seed=5):
    if kind == "sd3":
        return awake(diffusers.SD3ControlNetModel.from_transformer(model.transformer, 1, 0), seed)
    if kind == "flux":
        return awake(diffusers.FluxControlNetModel.from_transformer(
            model.transformer, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2), seed)
    return awake(diffusers.ControlNetModel.from_unet(model.unet, conditioning_embedding_out_channels=(8, 8)), seed)


def t2i_adapter(channels=1, seed=5):
    torch.manual_seed(seed)
    return diffusers.T2IAdapter(channels, [8, 16], num_res_blocks=1, downscale_factor=4,
                                adapter_type="full_adapter_xl").eval().requires_grad_(False)


def steered(name, picture, **more):
    return control(Recipe("ControlNetModel", name), picture, **more)


def vision():
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(4)
    return CLIPVisionModelWithProjection(CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=16, patch_size=8,
        projection_dim=12))


def ip_adapter_weights(unet, width=12, seed=3):
    """An IP-Adapter for a unet, as its authors store one: two groups in one file."""
    context = unet.config.cross_attention_dim
    generator = torch.Generator().manual_seed(seed)

    def drawn(*shape):
        return torch.randn(shape, generator=generator) * 0.3
    made = {"image_proj.proj.weight": drawn(4 * context, width), "image_proj.proj.bias": drawn(4 * context),
            "image_proj.norm.weight": torch.ones(context), "image_proj.norm.bias": torch.zeros(context)}
    layers = [name for name in unet.attn_processors if "attn2" in name]
    sizes = {name: dict(unet.named_modules())[name.removesuffix(".processor")].to_q.out_features for name in layers}
    for number, name in enumerate(layers):
        made |= {f"ip_adapter.{2 * number + 1}.to_{letter}_ip.weight": drawn(sizes[name], context) for letter in "kv"}
    return made
