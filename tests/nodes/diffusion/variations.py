"""Painters of variations with random weights, small enough to build in a moment."""

import diffusers
import torch
import transformers

from .conftest import clip_encoder, clip_tokenizer, kl_autoencoder, unet


def eyes(width=16, side=16, patch=8):
    """What looks at a picture of side x side."""
    torch.manual_seed(4)
    processor = transformers.CLIPImageProcessorPil(size={"shortest_edge": side}, crop_size={"height": side, "width": side})
    return processor, transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=side, patch_size=patch,
        projection_dim=width))


def image_variation():
    processor, encoder = eyes()
    return diffusers.StableDiffusionImageVariationPipeline(
        vae=kl_autoencoder(4), image_encoder=encoder, unet=unet(), feature_extractor=processor, safety_checker=None,
        scheduler=diffusers.DDIMScheduler(beta_schedule="scaled_linear"), requires_safety_checker=False)


def unclip():
    from diffusers.pipelines.stable_diffusion import StableUnCLIPImageNormalizer

    processor, encoder = eyes()
    return diffusers.StableUnCLIPImg2ImgPipeline(
        feature_extractor=processor, image_encoder=encoder, image_normalizer=StableUnCLIPImageNormalizer(embedding_dim=16),
        image_noising_scheduler=diffusers.DDPMScheduler(beta_schedule="squaredcos_cap_v2"), tokenizer=clip_tokenizer(),
        text_encoder=clip_encoder(), vae=kl_autoencoder(4), scheduler=diffusers.DDIMScheduler(beta_schedule="scaled_linear"),
        unet=unet(class_embed_type="projection", projection_class_embeddings_input_dim=32))
