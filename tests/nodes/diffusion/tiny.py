"""Pipelines of many families with random weights, a moment each: the real classes, at the smallest sizes they take.

Sizes are facts of diffusers' classes (Apache-2.0), as its own tests know them too. Tokenizers are made here.
"""

from __future__ import annotations

import diffusers
import torch
import transformers

LETTERS = "▁abcdefghijklmnopqrstuvwxyz ,."


def t5_tokenizer(kind="T5Tokenizer", length=32):
    words = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -9.0), *((letter, -2.0) for letter in LETTERS)]
    return getattr(transformers, kind)(vocab=words, extra_ids=0, model_max_length=length)


def t5_encoder(kind="T5", width=16):
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=64, d_model=width, d_kv=8, d_ff=32, num_layers=1, num_heads=2, is_encoder_decoder=False)
    return getattr(transformers, f"{kind}EncoderModel")(config)


def clip_tokenizer(length=16):
    letters = _bytes()
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(letter + "</w>" for letter in letters)]
    return transformers.CLIPTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=[], model_max_length=length)


def clip_encoder(kind="CLIPTextModel", width=16, length=16):
    config = transformers.CLIPTextConfig(
        vocab_size=514, hidden_size=width, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=length, projection_dim=16, bos_token_id=0, eos_token_id=1, pad_token_id=1)
    return getattr(transformers, kind)(config)


def _bytes():
    from tokenizers.pre_tokenizers import ByteLevel

    return sorted(ByteLevel.alphabet())


CHAT = ("{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}{{ m['content'] }}"
        "{% else %}{% for c in m['content'] %}{{ c['text'] }}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


def byte_tokenizer(pad="left"):
    """A byte-level BPE without merges, as Qwen's and GLM's are in kind; its template is that of a chat."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<bos>"]
    vocabulary = {word: i for i, word in enumerate([*marks, *_bytes()])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 3)])
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<|endoftext|>", eos_token="<|im_end|>", bos_token="<bos>",
        additional_special_tokens=marks[1:2], model_max_length=512, padding_side=pad)
    made.chat_template = CHAT
    return made


VOCABULARY = 320


def qwen3(kind="Qwen3Model", layers=2, width=16):
    config = transformers.Qwen3Config(
        intermediate_size=16, hidden_size=width, num_hidden_layers=layers, num_attention_heads=2, head_dim=8,
        num_key_value_heads=2, vocab_size=VOCABULARY, max_position_embeddings=1024)
    return getattr(transformers, kind)(config)


def qwen_vision(width=16):
    """The text half of Qwen 2.5 VL, with the smallest of eyes."""
    rope = {"mrope_section": [1, 1, 2] if width == 16 else [2, 2, 4], "rope_type": "default", "type": "default"}
    config = transformers.Qwen2_5_VLConfig(
        text_config={"hidden_size": width, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
                     "num_key_value_heads": 2, "rope_scaling": rope, "rope_theta": 1000000.0, "vocab_size": VOCABULARY},
        vision_config={"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2,
                       "out_hidden_size": width},
        hidden_size=width, vocab_size=VOCABULARY, vision_start_token_id=300, vision_end_token_id=301,
        vision_token_id=302)
    return transformers.Qwen2_5_VLForConditionalGeneration(config)


def gemma(width=8):
    return transformers.Gemma2Model(transformers.Gemma2Config(
        head_dim=8, hidden_size=width, intermediate_size=16, num_attention_heads=2, num_hidden_layers=2,
        num_key_value_heads=2, vocab_size=VOCABULARY, max_position_embeddings=1024, attn_implementation="eager"))


def kl(channels=4, widths=(8, 16), **more):
    quant = channels == 4
    return diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(widths), up_block_types=("UpDecoderBlock2D",) * len(widths),
        block_out_channels=widths, layers_per_block=1, latent_channels=channels, norm_num_groups=4, sample_size=32,
        **{"scaling_factor": 0.5, "use_quant_conv": quant, "use_post_quant_conv": quant, **more})


def qwen_autoencoder():
    return diffusers.AutoencoderKLQwenImage(
        base_dim=24, z_dim=4, dim_mult=[1, 2, 4], num_res_blocks=1, temperal_downsample=[False, True],
        latents_mean=[0.1, -0.1, 0.2, 0.0], latents_std=[1.5, 0.7, 1.0, 2.0])


def deep_autoencoder():
    return diffusers.AutoencoderDC(
        in_channels=3, latent_channels=4, attention_head_dim=2, encoder_block_types=("ResBlock", "EfficientViTBlock"),
        decoder_block_types=("ResBlock", "EfficientViTBlock"), encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8), encoder_qkv_multiscales=((), (5,)), decoder_qkv_multiscales=((), (5,)),
        encoder_layers_per_block=(1, 1), decoder_layers_per_block=(1, 1), downsample_block_type="conv",
        upsample_block_type="interpolate", decoder_norm_types="rms_norm", decoder_act_fns="silu",
        scaling_factor=0.41407)


def flow(**more):
    return diffusers.FlowMatchEulerDiscreteScheduler(**more)


# A pipeline a family.

def sana(scheduler=None, **more):
    return diffusers.SanaTransformer2DModel(
        patch_size=1, in_channels=4, out_channels=4, num_layers=1, num_attention_heads=2, attention_head_dim=4,
        num_cross_attention_heads=2, cross_attention_head_dim=4, cross_attention_dim=8, caption_channels=8,
        sample_size=32, **more)


def sana_pipeline():
    return diffusers.SanaPipeline(transformer=sana(), vae=deep_autoencoder(), scheduler=flow(shift=7.0),
                                  text_encoder=gemma(), tokenizer=byte_tokenizer("right"))


def sana_sprint():
    network = sana(qk_norm="rms_norm_across_heads", guidance_embeds=True)
    return diffusers.SanaSprintPipeline(
        transformer=network, vae=deep_autoencoder(), scheduler=diffusers.SCMScheduler(), text_encoder=gemma(),
        tokenizer=byte_tokenizer("right"))


def flux2_klein():
    network = diffusers.Flux2Transformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=48, timestep_guidance_channels=32, axes_dims_rope=(4, 4, 4, 4), guidance_embeds=False)
    vae = diffusers.AutoencoderKLFlux2(
        sample_size=32, down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(4, 4), layers_per_block=1, latent_channels=4, norm_num_groups=1, use_quant_conv=False,
        use_post_quant_conv=False)
    vae.bn.running_mean.copy_(torch.linspace(-0.3, 0.4, 16))
    vae.bn.running_var.copy_(torch.linspace(0.5, 2.0, 16))
    return diffusers.Flux2KleinPipeline(
        transformer=network, vae=vae, scheduler=flow(), text_encoder=qwen3("Qwen3ForCausalLM", layers=28),
        tokenizer=byte_tokenizer())


def pixart_sigma():
    network = diffusers.PixArtTransformer2DModel(
        sample_size=32, num_layers=1, patch_size=2, attention_head_dim=8, num_attention_heads=2, caption_channels=16,
        in_channels=4, out_channels=8, cross_attention_dim=16, use_additional_conditions=False)
    return diffusers.PixArtSigmaPipeline(
        tokenizer=t5_tokenizer(), text_encoder=t5_encoder(), vae=kl(4, (4, 4, 4, 4)), transformer=network,
        scheduler=diffusers.DPMSolverMultistepScheduler())


def hunyuan_dit():
    network = diffusers.HunyuanDiT2DModel(
        sample_size=16, num_layers=2, patch_size=2, attention_head_dim=8, num_attention_heads=3, in_channels=4,
        cross_attention_dim=32, cross_attention_dim_t5=16, pooled_projection_dim=16, hidden_size=24,
        activation_fn="gelu-approximate")
    words = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz",
                                               *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")])}
    bert = transformers.BertModel(transformers.BertConfig(
        vocab_size=64, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32))
    return diffusers.HunyuanDiTPipeline(
        transformer=network, vae=kl(4, (4, 4, 4, 4)), scheduler=diffusers.DDPMScheduler(), text_encoder=bert,
        tokenizer=transformers.BertTokenizer(vocab=words, model_max_length=77), text_encoder_2=t5_encoder("MT5"),
        tokenizer_2=t5_tokenizer(length=256), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False)


def aura_flow():
    network = diffusers.AuraFlowTransformer2DModel(
        sample_size=32, patch_size=2, in_channels=4, num_mmdit_layers=1, num_single_dit_layers=1,
        attention_head_dim=8, num_attention_heads=2, caption_projection_dim=16, joint_attention_dim=16,
        out_channels=4, pos_embed_max_size=256)
    return diffusers.AuraFlowPipeline(transformer=network, vae=kl(), scheduler=flow(), text_encoder=t5_encoder("UMT5"),
                                      tokenizer=t5_tokenizer())


def lumina2():
    network = diffusers.Lumina2Transformer2DModel(
        sample_size=16, patch_size=2, in_channels=4, hidden_size=8, num_layers=1, num_refiner_layers=1,
        num_attention_heads=1, num_kv_heads=1, multiple_of=16, axes_dim_rope=(4, 2, 2), axes_lens=(300, 512, 512),
        cap_feat_dim=8)
    return diffusers.Lumina2Pipeline(transformer=network, vae=kl(4, (4, 4, 4, 4), shift_factor=0.06), scheduler=flow(),
                                     text_encoder=gemma(), tokenizer=byte_tokenizer("right"))


def qwen_image():
    network = diffusers.QwenImageTransformer2DModel(
        patch_size=2, in_channels=16, out_channels=4, num_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=16, axes_dims_rope=(8, 4, 4))
    return diffusers.QwenImagePipeline(transformer=network, vae=qwen_autoencoder(), scheduler=flow(),
                                       text_encoder=qwen_vision(), tokenizer=byte_tokenizer("right"))


def z_image():
    network = diffusers.ZImageTransformer2DModel(
        all_patch_size=(2,), all_f_patch_size=(1,), in_channels=16, dim=32, n_layers=1, n_refiner_layers=1, n_heads=2,
        n_kv_heads=2, cap_feat_dim=16, axes_dims=[8, 4, 4], axes_lens=[512, 32, 32])
    with torch.no_grad():
        network.x_pad_token.fill_(1)
        network.cap_pad_token.fill_(1)
    return diffusers.ZImagePipeline(transformer=network, vae=kl(16, shift_factor=0.1), scheduler=flow(),
                                    text_encoder=qwen3(), tokenizer=byte_tokenizer())


def krea2():
    network = diffusers.Krea2Transformer2DModel(
        in_channels=16, num_layers=1, attention_head_dim=8, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=32, timestep_embed_dim=8, text_hidden_dim=16, num_text_layers=3, text_num_attention_heads=2,
        text_num_key_value_heads=1, text_intermediate_size=16, num_layerwise_text_blocks=1,
        num_refiner_text_blocks=1, axes_dims_rope=(4, 2, 2), rope_theta=1000.0)
    encoder = transformers.Qwen3VLModel(transformers.Qwen3VLConfig(
        text_config={"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2,
                     "num_key_value_heads": 2, "head_dim": 8, "vocab_size": VOCABULARY,
                     "rope_scaling": {"rope_type": "default", "mrope_section": [2, 1, 1], "mrope_interleaved": True}},
        vision_config={"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16,
                       "deepstack_visual_indexes": [0]}))
    return diffusers.Krea2Pipeline(
        transformer=network, vae=qwen_autoencoder(), text_encoder=encoder, tokenizer=byte_tokenizer("right"),
        scheduler=flow(use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15), text_encoder_select_layers=(0, 1, 2))


def cogview3():
    network = diffusers.CogView3PlusTransformer2DModel(
        patch_size=2, in_channels=4, num_layers=1, attention_head_dim=4, num_attention_heads=2, out_channels=4,
        text_embed_dim=16, time_embed_dim=8, condition_dim=2, pos_embed_max_size=16, sample_size=16)
    return diffusers.CogView3PlusPipeline(
        transformer=network, vae=kl(), scheduler=diffusers.CogVideoXDDIMScheduler(), text_encoder=t5_encoder(),
        tokenizer=t5_tokenizer())


def cogview4():
    network = diffusers.CogView4Transformer2DModel(
        patch_size=2, in_channels=4, num_layers=1, attention_head_dim=4, num_attention_heads=4, out_channels=4,
        text_embed_dim=16, time_embed_dim=8, condition_dim=4)
    encoder = transformers.GlmForCausalLM(transformers.GlmConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
        head_dim=8, vocab_size=VOCABULARY, pad_token_id=0))
    return diffusers.CogView4Pipeline(
        transformer=network, vae=kl(), text_encoder=encoder, tokenizer=byte_tokenizer(),
        scheduler=flow(base_shift=0.25, max_shift=0.75, base_image_seq_len=256, use_dynamic_shifting=True,
                       time_shift_type="linear"))


def kandinsky3():
    network = diffusers.Kandinsky3UNet(
        in_channels=4, time_embedding_dim=4, groups=2, attention_head_dim=4, layers_per_block=3,
        block_out_channels=(32, 64), cross_attention_dim=4, encoder_hid_dim=16)
    movq = diffusers.VQModel(
        block_out_channels=(32, 32, 32, 32), down_block_types=("DownEncoderBlock2D",) * 4, in_channels=3,
        latent_channels=4, layers_per_block=1, norm_num_groups=4, norm_type="spatial", num_vq_embeddings=12,
        out_channels=3, up_block_types=("UpDecoderBlock2D",) * 4, vq_embed_dim=4)
    scheduler = diffusers.DDPMScheduler(beta_start=0.00085, beta_end=0.012, steps_offset=1,
                                        beta_schedule="squaredcos_cap_v2", clip_sample=True)
    return diffusers.Kandinsky3Pipeline(unet=network, movq=movq, scheduler=scheduler, text_encoder=t5_encoder(),
                                        tokenizer=t5_tokenizer(length=128))


def chroma():
    network = diffusers.ChromaTransformer2DModel(
        patch_size=1, in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=16, axes_dims_rope=(4, 4, 8), approximator_hidden_dim=32, approximator_layers=1,
        approximator_num_channels=16)
    return diffusers.ChromaPipeline(transformer=network, vae=kl(16, shift_factor=0.1), scheduler=flow(),
                                    text_encoder=t5_encoder(), tokenizer=t5_tokenizer())


def ovis():
    network = diffusers.OvisImageTransformer2DModel(
        patch_size=1, in_channels=64, out_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=16, axes_dims_rope=(4, 4, 8))
    return diffusers.OvisImagePipeline(transformer=network, vae=kl(16, shift_factor=0.1), scheduler=flow(),
                                       text_encoder=qwen3(), tokenizer=byte_tokenizer("right"))


def hunyuan_image():
    from diffusers.guiders import AdaptiveProjectedMixGuidance

    network = diffusers.HunyuanImageTransformer2DModel(
        in_channels=4, out_channels=4, num_attention_heads=4, attention_head_dim=8, num_layers=1, num_single_layers=1,
        num_refiner_layers=1, patch_size=(1, 1), guidance_embeds=False, text_embed_dim=32, text_embed_2_dim=16,
        rope_axes_dim=(4, 4))
    vae = diffusers.AutoencoderKLHunyuanImage(
        in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(32, 32, 32, 32), layers_per_block=1,
        scaling_factor=0.476986, spatial_compression_ratio=8, sample_size=128)
    return diffusers.HunyuanImagePipeline(
        transformer=network, vae=vae, scheduler=flow(shift=7.0), text_encoder=qwen_vision(32),
        tokenizer=byte_tokenizer("right"), text_encoder_2=transformers.T5EncoderModel(transformers.T5Config(
            vocab_size=400, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, is_encoder_decoder=False)),
        tokenizer_2=transformers.ByT5Tokenizer(), guider=AdaptiveProjectedMixGuidance(
            adaptive_projected_guidance_start_step=2),
        ocr_guider=AdaptiveProjectedMixGuidance(adaptive_projected_guidance_start_step=3))


def bria():
    network = diffusers.BriaTransformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=8, num_attention_heads=2,
        joint_attention_dim=16, pooled_projection_dim=None, axes_dims_rope=[0, 4, 4])
    return diffusers.BriaPipeline(transformer=network, vae=kl(shift_factor=0.0), scheduler=flow(),
                                  text_encoder=t5_encoder(), tokenizer=t5_tokenizer(length=128))


def kontext():
    network = diffusers.FluxTransformer2DModel(
        patch_size=1, in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=16, pooled_projection_dim=16, axes_dims_rope=(4, 4, 8), guidance_embeds=True)
    return diffusers.FluxKontextPipeline(
        transformer=network, vae=kl(16, (4, 4, 4, 4), shift_factor=0.1), scheduler=flow(use_dynamic_shifting=True),
        text_encoder=clip_encoder(), tokenizer=clip_tokenizer(), text_encoder_2=t5_encoder(),
        tokenizer_2=t5_tokenizer())


def wan():
    vae = diffusers.AutoencoderKLWan(base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1,
                                     temperal_downsample=[False, True, True])
    network = diffusers.WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=12, in_channels=16, out_channels=16,
        text_dim=16, freq_dim=32, ffn_dim=32, num_layers=1, cross_attn_norm=True, qk_norm="rms_norm_across_heads",
        rope_max_seq_len=32)
    return diffusers.WanPipeline(transformer=network, vae=vae, scheduler=flow(shift=7.0), text_encoder=t5_encoder("UMT5"),
                                 tokenizer=t5_tokenizer(length=512), transformer_2=None)


def ltx():
    network = diffusers.LTXVideoTransformer3DModel(
        in_channels=8, out_channels=8, patch_size=1, patch_size_t=1, num_attention_heads=4, attention_head_dim=8,
        cross_attention_dim=32, num_layers=1, caption_channels=16)
    vae = diffusers.AutoencoderKLLTXVideo(
        latent_channels=8, block_out_channels=(8, 8, 8, 8), decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1), decoder_layers_per_block=(1, 1, 1, 1, 1),
        spatio_temporal_scaling=(True, True, False, False), decoder_spatio_temporal_scaling=(True, True, False, False),
        decoder_inject_noise=(False,) * 5, upsample_residual=(False,) * 4, upsample_factor=(1, 1, 1, 1),
        timestep_conditioning=False, patch_size=1, patch_size_t=1, encoder_causal=True, decoder_causal=False)
    vae.latents_mean.copy_(torch.linspace(-0.2, 0.2, 8))
    return diffusers.LTXPipeline(transformer=network, vae=vae, scheduler=flow(), text_encoder=t5_encoder(),
                                 tokenizer=t5_tokenizer(length=128))


def hunyuan_video():
    network = diffusers.HunyuanVideoTransformer3DModel(
        in_channels=4, out_channels=4, num_attention_heads=2, attention_head_dim=10, num_layers=1,
        num_single_layers=1, num_refiner_layers=1, patch_size=1, patch_size_t=1, guidance_embeds=True,
        text_embed_dim=16, pooled_projection_dim=16, rope_axes_dim=(2, 4, 4))
    vae = diffusers.AutoencoderKLHunyuanVideo(
        latent_channels=4, down_block_types=("HunyuanVideoDownBlock3D",) * 4,
        up_block_types=("HunyuanVideoUpBlock3D",) * 4, block_out_channels=(8, 8, 8, 8), layers_per_block=1,
        norm_num_groups=4, scaling_factor=0.476986, spatial_compression_ratio=8, temporal_compression_ratio=4)
    llama = transformers.LlamaModel(transformers.LlamaConfig(
        hidden_size=16, intermediate_size=16, num_attention_heads=2, num_hidden_layers=2, vocab_size=VOCABULARY))
    return diffusers.HunyuanVideoPipeline(
        transformer=network, vae=vae, scheduler=flow(shift=7.0), text_encoder=llama, tokenizer=byte_tokenizer("right"),
        text_encoder_2=clip_encoder(length=77), tokenizer_2=clip_tokenizer(77))


def animatediff():
    network = diffusers.UNet2DConditionModel(
        block_out_channels=(8, 8), layers_per_block=1, sample_size=8, in_channels=4, out_channels=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16, norm_num_groups=2)
    motion = diffusers.MotionAdapter(block_out_channels=(8, 8), motion_layers_per_block=1, motion_norm_num_groups=2,
                                     motion_num_attention_heads=4)
    scheduler = diffusers.DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="linear", clip_sample=False)
    return diffusers.AnimateDiffPipeline(
        unet=network, vae=kl(4, (8, 8)), motion_adapter=motion, scheduler=scheduler, text_encoder=clip_encoder(),
        tokenizer=clip_tokenizer(), feature_extractor=None, image_encoder=None)


def tiny_autoencoder(channels):
    return diffusers.AutoencoderTiny(
        encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8), latent_channels=channels,
        num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1))


def sd3(kind="StableDiffusion3Pipeline", channels=16):
    network = diffusers.SD3Transformer2DModel(
        sample_size=16, patch_size=2, in_channels=channels, out_channels=16, num_layers=1, attention_head_dim=8,
        num_attention_heads=2, joint_attention_dim=32, caption_projection_dim=16, pooled_projection_dim=32,
        pos_embed_max_size=32)
    return getattr(diffusers, kind)(
        transformer=network, scheduler=flow(shift=2.0), vae=tiny_autoencoder(16),
        text_encoder=clip_encoder("CLIPTextModelWithProjection"), tokenizer=clip_tokenizer(),
        text_encoder_2=clip_encoder("CLIPTextModelWithProjection"), tokenizer_2=clip_tokenizer(),
        text_encoder_3=None, tokenizer_3=None)


def sd3_inpaint():
    """Of the starter painter's kind: latents, mask and masked latents are 16 + 1 + 16 channels."""
    return sd3("StableDiffusion3InpaintPipeline", 33)


def unet(context=16, channels=4, **more):
    return diffusers.UNet2DConditionModel(
        sample_size=16, in_channels=channels, out_channels=4, block_out_channels=(8, 16), layers_per_block=1,
        norm_num_groups=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=context, attention_head_dim=8, **more)


def sd_inpaint():
    return diffusers.StableDiffusionInpaintPipeline(
        unet=unet(channels=9), scheduler=diffusers.EulerDiscreteScheduler(beta_schedule="scaled_linear"), vae=kl(),
        text_encoder=clip_encoder(), tokenizer=clip_tokenizer(), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False)


def flux_fill():
    network = diffusers.FluxTransformer2DModel(
        patch_size=1, in_channels=4 * 16 + 4 * 16 + 4 * 4, out_channels=64, num_layers=1, num_single_layers=1,
        attention_head_dim=16, num_attention_heads=2, joint_attention_dim=16, pooled_projection_dim=16,
        axes_dims_rope=(4, 4, 8), guidance_embeds=True)
    return diffusers.FluxFillPipeline(
        transformer=network, vae=kl(16, shift_factor=0.1), scheduler=flow(use_dynamic_shifting=True),
        text_encoder=clip_encoder(), tokenizer=clip_tokenizer(), text_encoder_2=t5_encoder(),
        tokenizer_2=t5_tokenizer())


def xl_parts(ids):
    times = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8}
    return {"scheduler": diffusers.EulerDiscreteScheduler(beta_schedule="scaled_linear"), "vae": kl(),
            "text_encoder_2": clip_encoder("CLIPTextModelWithProjection"), "tokenizer_2": clip_tokenizer(),
            "unet": unet(16 if ids == 5 else 32, projection_class_embeddings_input_dim=16 + ids * 8, **times)}


def xl():
    return diffusers.StableDiffusionXLPipeline(**xl_parts(6), text_encoder=clip_encoder(), tokenizer=clip_tokenizer(),
                                               add_watermarker=False)


def xl_refiner():
    return diffusers.StableDiffusionXLImg2ImgPipeline(
        **xl_parts(5), text_encoder=None, tokenizer=None, requires_aesthetics_score=True, add_watermarker=False)


def cogvideox():
    network = diffusers.CogVideoXTransformer3DModel(
        num_attention_heads=2, attention_head_dim=8, in_channels=4, out_channels=4, time_embed_dim=2, text_embed_dim=16,
        num_layers=1, sample_width=4, sample_height=4, sample_frames=9, patch_size=2, temporal_compression_ratio=4,
        max_text_seq_length=226)
    vae = diffusers.AutoencoderKLCogVideoX(
        down_block_types=("CogVideoXDownBlock3D",) * 4, up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(8, 8, 8, 8), latent_channels=4, layers_per_block=1, norm_num_groups=2,
        temporal_compression_ratio=4, scaling_factor=0.7)
    return diffusers.CogVideoXPipeline(
        transformer=network, vae=vae, scheduler=diffusers.CogVideoXDPMScheduler(), text_encoder=t5_encoder(),
        tokenizer=t5_tokenizer(length=16))


PICTURES = {  # by family: how its pipeline is made, the size it paints in the tests
    "aura_flow": (aura_flow, 32), "bria": (bria, 32), "chroma": (chroma, 32), "cogview3": (cogview3, 32),
    "cogview4": (cogview4, 32), "flux2_klein": (flux2_klein, 32), "hunyuan_dit": (hunyuan_dit, 128),
    "hunyuan_image": (hunyuan_image, 32), "kandinsky3": (kandinsky3, 64), "kontext": (kontext, 64),
    "krea2": (krea2, 32), "lumina2": (lumina2, 32), "ovis": (ovis, 32), "pixart_sigma": (pixart_sigma, 256),
    "qwen_image": (qwen_image, 32), "sana": (sana_pipeline, 32), "sana_sprint": (sana_sprint, 32),
    "z_image": (z_image, 32)}
OTHERS = {"flux_fill": (flux_fill, 32), "sd3": (sd3, 32), "sd3_inpaint": (sd3_inpaint, 32), "sd_inpaint": (sd_inpaint, 32),
          "xl": (xl, 32), "xl_refiner": (xl_refiner, 32)}
CLIPS = {"animatediff": (animatediff, 32), "cogvideox": (cogvideox, 32), "hunyuan_video": (hunyuan_video, 32), "ltx": (ltx, 32), "wan": (wan, 32)}


def saved(name, folder):
    """The folder in which a family's tiny pipeline lies."""
    make, _ = {**PICTURES, **OTHERS, **CLIPS}[name]
    torch.manual_seed(sum(map(ord, name)))
    make().save_pretrained(folder)
    return folder


def live(name, folder):
    """A family's tiny pipeline, saved in a folder and loaded as the engine loads it."""
    from nodegraph import Recipe
    from nodegraph_nodes.diffusion.models import load

    return load(Recipe("DiffusionModel", name, str(saved(name, folder))), "cpu", "float32")
