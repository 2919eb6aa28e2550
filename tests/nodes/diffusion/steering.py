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


def flux_ip_adapter_weights(transformer, width=12, seed=3):
    """An IP-Adapter for Flux, as XLabs stores one."""
    context, hidden = transformer.config.joint_attention_dim, transformer.inner_dim
    generator = torch.Generator().manual_seed(seed)

    def drawn(*shape):
        return torch.randn(shape, generator=generator) * 0.3
    made = {"ip_adapter_proj_model.proj.weight": drawn(4 * context, width), "ip_adapter_proj_model.proj.bias": drawn(4 * context),
            "ip_adapter_proj_model.norm.weight": torch.ones(context), "ip_adapter_proj_model.norm.bias": torch.zeros(context)}
    for block in range(transformer.config.num_layers):
        for letter in "kv":
            name = f"double_blocks.{block}.processor.ip_adapter_double_stream_{letter}_proj"
            made |= {f"{name}.weight": drawn(hidden, context), f"{name}.bias": drawn(hidden)}
    return made


def sd3_ip_adapter_weights(transformer, width=16, seed=3):
    """An IP-Adapter for Stable Diffusion 3, as InstantX stores one."""
    from diffusers.models.attention_processor import SD3IPAdapterJointAttnProcessor2_0
    from diffusers.models.embeddings import IPAdapterTimeImageProjection

    torch.manual_seed(seed)
    hidden = transformer.inner_dim
    eyes = IPAdapterTimeImageProjection(embed_dim=width, output_dim=hidden, hidden_dim=32, heads=1, num_queries=2,
                                        timestep_in_dim=8)
    made, theirs = {}, {"ln0": "0.norm1", "ln1": "0.norm2", "attn.to_q": "0.to_q", "attn.to_kv": "0.to_kv",
                        "attn.to_out.0": "0.to_out", "adaln_norm": "1.0", "ff.net.0.proj": "1.1", "ff.net.2": "1.3",
                        "adaln_proj": "2.1"}
    for name, tensor in eyes.state_dict().items():
        for one, other in theirs.items():
            if name.startswith("layers."):
                name = name.replace(f".{one}.", f".{other}.")
        made[f"image_proj.{name}"] = tensor
    for block in range(transformer.config.num_layers):
        layer = SD3IPAdapterJointAttnProcessor2_0(hidden, hidden, transformer.config.attention_head_dim, 32)
        made |= {f"ip_adapter.{block}.{name}": tensor for name, tensor in layer.state_dict().items()}
    return made


def siglip():
    from transformers import SiglipVisionConfig, SiglipVisionModel

    torch.manual_seed(4)
    return SiglipVisionModel(SiglipVisionConfig(hidden_size=16, intermediate_size=16, num_hidden_layers=2,
                                                num_attention_heads=2, image_size=16, patch_size=8))
