"""Kandinsky 2.2 and Flux Redux with random weights, small enough to build in a moment."""

import diffusers
import torch

from . import tiny
from .conftest import clip_encoder, clip_tokenizer
from .steering import siglip
from .variations import eyes


def prior_parts():
    processor, encoder = eyes()
    return {"prior": diffusers.PriorTransformer(num_attention_heads=2, attention_head_dim=8, embedding_dim=16, num_layers=1,
                                                additional_embeddings=4, num_embeddings=16),
            "image_encoder": encoder, "text_encoder": clip_encoder("CLIPTextModelWithProjection"), "tokenizer": clip_tokenizer(),
            "scheduler": diffusers.UnCLIPScheduler(variance_type="fixed_small_log", prediction_type="sample",
                                                   num_train_timesteps=1000, clip_sample=True, clip_sample_range=5.0),
            "image_processor": processor}


def prior():
    return diffusers.KandinskyV22PriorPipeline(**prior_parts())


def second_parts():
    unet = diffusers.UNet2DConditionModel(
        in_channels=4, out_channels=8, sample_size=8, addition_embed_type="image", cross_attention_dim=16, encoder_hid_dim=16,
        encoder_hid_dim_type="image_proj", block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4,
        down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
        up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"), mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        attention_head_dim=8, class_embed_type=None, resnet_time_scale_shift="scale_shift")
    movq = tiny.kandinsky3().movq
    return {"unet": unet, "movq": movq, "scheduler": diffusers.DDIMScheduler(
        beta_schedule="linear", beta_start=0.00085, beta_end=0.012, clip_sample=False, steps_offset=1)}


def second():
    return diffusers.KandinskyV22Pipeline(**second_parts())


def combined():
    return diffusers.KandinskyV22CombinedPipeline(**second_parts(), **{
        f"prior_{name}": part for name, part in prior_parts().items()})


def redux(flux):
    """A Redux for a Flux, whose encoders it may read words with."""
    import transformers
    from diffusers.pipelines.flux.modeling_flux import ReduxImageEncoder

    torch.manual_seed(5)
    return diffusers.FluxPriorReduxPipeline(
        image_encoder=siglip(), feature_extractor=transformers.SiglipImageProcessorPil(size={"height": 16, "width": 16}),
        image_embedder=ReduxImageEncoder(redux_dim=16, txt_in_features=flux.transformer.config.joint_attention_dim),
        **{name: flux.components[name] for name in ("text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2")})
