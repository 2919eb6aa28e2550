"""Tiny networks with random weights that read pictures, as folders of transformers."""

import json

import torch


def depth(folder):
    """A DPT of 32 pixels a side."""
    from transformers import DPTConfig, DPTForDepthEstimation, DPTImageProcessorPil

    torch.manual_seed(1)
    network = DPTForDepthEstimation(DPTConfig(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=16, image_size=32, patch_size=8,
        backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[8, 8, 8, 8], fusion_hidden_size=8,
        reassemble_factors=[4, 2, 1, 0.5]))
    return _saved(network, DPTImageProcessorPil(size={"height": 32, "width": 32}), folder)


def pose(folder, experts=1):
    """A ViTPose of 32 x 48 pixels that knows the joints of COCO."""
    from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation, VitPoseImageProcessorPil

    torch.manual_seed(4)
    backbone = VitPoseBackboneConfig(image_size=[48, 32], patch_size=[8, 8], hidden_size=16, num_hidden_layers=1,
                                     num_attention_heads=2, num_experts=experts, part_features=8 * (experts > 1),
                                     out_indices=[1])
    network = VitPoseForPoseEstimation(VitPoseConfig(backbone_config=backbone, num_labels=17, use_simple_decoder=True))
    return _saved(network, VitPoseImageProcessorPil(size={"height": 48, "width": 32}), folder)


def segmentation(folder):
    """A SegFormer that knows three kinds of things."""
    from transformers import SegformerConfig, SegformerForSemanticSegmentation, SegformerImageProcessorPil

    torch.manual_seed(2)
    names = {0: "wall", 1: "sky;heaven", 2: "person, someone"}
    network = SegformerForSemanticSegmentation(SegformerConfig(
        num_encoder_blocks=2, depths=[1, 1], hidden_sizes=[8, 16], decoder_hidden_size=8, num_attention_heads=[1, 2],
        sr_ratios=[2, 1], patch_sizes=[7, 3], strides=[4, 2], mlp_ratios=[2, 2], id2label=names,
        label2id={name: number for number, name in names.items()}))
    return _saved(network, SegformerImageProcessorPil(size={"height": 32, "width": 32}), folder)


def sam(folder):
    """A Segment Anything of 64 pixels a side."""
    from transformers import (
        SamConfig,
        SamImageProcessorPil,
        SamMaskDecoderConfig,
        SamModel,
        SamPromptEncoderConfig,
        SamVisionConfig,
    )

    torch.manual_seed(3)
    network = SamModel(SamConfig(
        vision_config=SamVisionConfig(hidden_size=16, output_channels=8, num_hidden_layers=2, num_attention_heads=2,
                                      image_size=64, patch_size=8, window_size=4, global_attn_indexes=[1], num_pos_feats=4,
                                      mlp_dim=16).to_dict(),
        prompt_encoder_config=SamPromptEncoderConfig(hidden_size=8, image_size=64, patch_size=8, mask_input_channels=4,
                                                     image_embedding_size=8).to_dict(),
        mask_decoder_config=SamMaskDecoderConfig(hidden_size=8, mlp_dim=16, num_hidden_layers=2, num_attention_heads=2,
                                                 iou_head_hidden_dim=8).to_dict()))
    return _saved(network, SamImageProcessorPil(size={"longest_edge": 64}, pad_size={"height": 64, "width": 64}), folder)


def sam2(folder, film=False):
    """A SAM 2 of 64 pixels a side. film: whether with what follows things through a film, as its makers publish it."""
    import transformers

    torch.manual_seed(3)
    eyes = transformers.Sam2HieraDetConfig(
        hidden_size=8, num_attention_heads=1, image_size=[64, 64], blocks_per_stage=[1, 1, 2, 1], embed_dim_per_stage=[8, 16, 32, 64],
        num_attention_heads_per_stage=[1, 1, 1, 1], window_size_per_stage=[8, 4, 4, 2], global_attention_blocks=[3], mlp_ratio=2.0,
        window_positional_embedding_background_size=[4, 4])
    parts = {"vision_config": transformers.Sam2VisionConfig(backbone_config=eyes, backbone_channel_list=[64, 32, 16, 8],
                                                            backbone_feature_sizes=[[16, 16], [8, 8], [4, 4]], fpn_hidden_size=16),
             "prompt_encoder_config": transformers.Sam2PromptEncoderConfig(hidden_size=16, image_size=64, patch_size=16,
                                                                           mask_input_channels=4),
             "mask_decoder_config": transformers.Sam2MaskDecoderConfig(hidden_size=16, mlp_dim=16, num_attention_heads=2,
                                                                       iou_head_hidden_dim=8, attention_downsample_rate=1)}
    if film:
        network = transformers.Sam2VideoModel(transformers.Sam2VideoConfig(
            **parts, image_size=64, memory_attention_hidden_size=16, memory_encoder_hidden_size=16, memory_fuser_embed_dim=16,
            memory_encoder_output_channels=8, memory_fuser_intermediate_dim=16, mask_downsampler_embed_dim=16,
            memory_attention_feed_forward_hidden_size=16, memory_attention_num_layers=1, memory_fuser_num_layers=1))
    else:
        network = transformers.Sam2Model(transformers.Sam2Config(**parts))
    network.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "image_processor_type": "Sam2ImageProcessorFast", "size": {"height": 64, "width": 64},
        "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4]}))
    return folder


def _saved(network, processor, folder):
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
