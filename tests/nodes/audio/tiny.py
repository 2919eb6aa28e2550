"""Models that make sound, with random weights, a moment each: the real classes, at the smallest sizes they take."""

from __future__ import annotations

import diffusers
import torch
import transformers
from tokenizers.pre_tokenizers import ByteLevel

from tests.nodes.diffusion.tiny import byte_tokenizer, flow, qwen3, t5_encoder, t5_tokenizer


def musicgen(channels=1, kind="Musicgen"):
    books = 4 * channels
    coder = transformers.EncodecConfig(
        target_bandwidths=[4.0], sampling_rate=1600, audio_channels=1, normalize=False, hidden_size=8, num_filters=4,
        num_residual_layers=1, upsampling_ratios=[4, 4], codebook_size=16, num_lstm_layers=1, kernel_size=3, last_kernel_size=3)
    words = transformers.T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    decoder = getattr(transformers, f"{kind}DecoderConfig")(
        vocab_size=16, max_position_embeddings=64, num_hidden_layers=1, ffn_dim=16, num_attention_heads=2, hidden_size=16,
        num_codebooks=books, audio_channels=channels, pad_token_id=16, bos_token_id=16)
    config = getattr(transformers, f"{kind}Config")(text_encoder=words, audio_encoder=coder, decoder=decoder)
    model = getattr(transformers, f"{kind}ForConditionalGeneration")(config)
    with torch.no_grad():
        for head in model.decoder.lm_heads:
            head.weight.mul_(4)
        for layer in model.audio_encoder.quantizer.layers:  # which are zeros at first, so that all tokens sound alike
            layer.codebook.embed.normal_()
    model.generation_config = transformers.GenerationConfig(
        do_sample=True, guidance_scale=3.0, max_length=150, decoder_start_token_id=16, pad_token_id=16, bos_token_id=16)
    return model


def save_musicgen(folder, **more):
    musicgen(**more).save_pretrained(folder)
    t5_tokenizer().save_pretrained(folder)
    return folder


def oobleck(channels=2, rate=2000):
    return diffusers.AutoencoderOobleck(
        encoder_hidden_size=4, downsampling_ratios=[2, 4], decoder_channels=4, decoder_input_channels=4, audio_channels=channels,
        channel_multiples=[1, 2], sampling_rate=rate)


def stable_audio():
    from diffusers.pipelines.stable_audio import StableAudioProjectionModel

    network = diffusers.StableAudioDiTModel(
        sample_size=400, in_channels=4, num_layers=1, attention_head_dim=8, num_key_value_attention_heads=2,
        out_channels=4, cross_attention_dim=8, time_proj_dim=8, global_states_input_dim=16, cross_attention_input_dim=8,
        num_attention_heads=2)
    projection = StableAudioProjectionModel(text_encoder_dim=16, conditioning_dim=8, min_value=0, max_value=32)
    scheduler = diffusers.EDMDPMSolverMultistepScheduler(
        solver_order=2, prediction_type="v_prediction", sigma_data=1.0, sigma_schedule="exponential")
    return diffusers.StableAudioPipeline(vae=oobleck(), text_encoder=t5_encoder(), projection_model=projection,
                                         tokenizer=t5_tokenizer(), transformer=network, scheduler=scheduler)


def ace_step():
    from diffusers.pipelines.ace_step import AceStepConditionEncoder

    network = diffusers.AceStepTransformer1DModel(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2, head_dim=8,
        in_channels=12, audio_acoustic_hidden_dim=4, patch_size=2, encoder_hidden_size=16)
    encoder = AceStepConditionEncoder(
        hidden_size=16, intermediate_size=32, text_hidden_dim=16, timbre_hidden_dim=4, num_lyric_encoder_hidden_layers=1,
        num_timbre_encoder_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2, head_dim=8)
    return diffusers.AceStepPipeline(
        vae=oobleck(rate=80), text_encoder=qwen3(), tokenizer=byte_tokenizer("right"), transformer=network, condition_encoder=encoder,
        scheduler=flow(num_train_timesteps=1, shift=1.0))


def roberta_tokenizer():
    words = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *ByteLevel.alphabet()]
    return transformers.RobertaTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=[], model_max_length=32)


def audioldm2(gpt="GPT2LMHeadModel"):
    from diffusers.pipelines.audioldm2 import AudioLDM2ProjectionModel, AudioLDM2UNet2DConditionModel

    network = AudioLDM2UNet2DConditionModel(
        block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4, sample_size=32, in_channels=4, out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=(8, 16))
    vae = diffusers.AutoencoderKL(
        block_out_channels=[8, 16], in_channels=1, out_channels=1, norm_num_groups=4, latent_channels=4,
        down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2)
    clap = transformers.ClapModel(transformers.ClapConfig(
        text_config={"vocab_size": 320, "hidden_size": 8, "projection_dim": 8, "intermediate_size": 16, "num_attention_heads": 2,
                     "num_hidden_layers": 1, "max_position_embeddings": 520, "pad_token_id": 1},
        audio_config={"spec_size": 64, "window_size": 4, "num_mel_bins": 64, "hidden_size": 8, "projection_dim": 8, "depths": [2, 2],
                      "num_attention_heads": [2, 2], "num_hidden_layers": 2, "patch_embeds_hidden_size": 8, "patch_size": 2,
                      "patch_stride": 2, "patch_embed_input_channels": 1},
        projection_dim=8))
    vocoder = transformers.SpeechT5HifiGan(transformers.SpeechT5HifiGanConfig(
        model_in_dim=16, sampling_rate=1600, upsample_initial_channel=8, upsample_rates=[2, 2], upsample_kernel_sizes=[4, 4],
        resblock_kernel_sizes=[3, 7], resblock_dilation_sizes=[[1, 3, 5], [1, 3, 5]], normalize_before=False))
    words = getattr(transformers, gpt)(transformers.GPT2Config(
        n_embd=16, n_head=2, n_layer=1, n_ctx=99, n_positions=99, vocab_size=64))
    words.config.max_new_tokens = 4
    return diffusers.AudioLDM2Pipeline(
        vae=vae, text_encoder=clap, text_encoder_2=t5_encoder(), tokenizer=roberta_tokenizer(), tokenizer_2=t5_tokenizer(),
        projection_model=AudioLDM2ProjectionModel(text_encoder_dim=8, text_encoder_1_dim=16, langauge_model_dim=16),
        language_model=words, feature_extractor=transformers.ClapFeatureExtractor(feature_size=64, sampling_rate=1600),
        unet=network, vocoder=vocoder, scheduler=diffusers.DDIMScheduler(
            beta_start=0.0015, beta_end=0.0195, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False))


SAVED = {"musicgen": save_musicgen, "stereo": lambda folder: save_musicgen(folder, channels=2),
         "melody": lambda folder: save_musicgen(folder, kind="MusicgenMelody"),
         **{make.__name__: (lambda folder, make=make: make().save_pretrained(folder)) for make in (stable_audio, ace_step, audioldm2)}}
