import math

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from nodegraph_nodes.starter import scenes  # noqa: E402
from nodegraph_nodes.starter.train import painter  # noqa: E402


def test_one_counted_token_does_exactly_what_many_equal_tokens_do():
    torch.manual_seed(0)
    net = painter.new_denoiser().eval()
    picture, words, pooled = torch.randn(2, 16, 16, 16), torch.randn(2, 5, 256), torch.randn(2, 64)
    counted = painter.CountedJointAttention()
    counted.log_counts = torch.tensor([0.0] * 5 + [math.log(40)])

    def velocity(padding):
        context = torch.cat([words, torch.zeros(2, padding, 256)], 1)
        return net(picture, context, pooled, torch.tensor([300.0, 700.0]), return_dict=False)[0]

    with torch.no_grad():
        # a fresh network's gates let little of the text through; make it count
        for block in net.transformer_blocks:
            block.attn.to_out[0].weight.mul_(20)
        many = velocity(40)
        net.set_attn_processor(counted)
        assert torch.allclose(velocity(1), many, atol=1e-4)
        counted.log_counts = torch.zeros(6)
        assert not torch.allclose(velocity(1), many, atol=1e-4)


def test_the_convolutional_encoder_is_the_projection_it_was_fitted_to():
    pictures = torch.from_numpy(painter.drawn(list(scenes.scenes(6, 1)))["pictures"])
    mean, project = painter.principal_components(pictures)
    net = painter.new_autoencoder()
    painter.fit_encoder(net, mean, project)
    with torch.no_grad():
        coded = net.encode(painter.signed(pictures)).latents
    wanted = ((painter._blocks(pictures.float() / 255) - mean) @ project.T).view(6, 16, 16, painter.CHANNELS)
    assert torch.allclose(coded, wanted.permute(0, 3, 1, 2), atol=1e-4)


def test_a_chinese_character_is_one_token_wherever_it_stands():
    merges = painter._character_merges(set("红船"))
    assert len(merges) == 6 and len(set(merges)) == 6


def test_the_third_encoder_says_nothing_at_all():
    third = painter.silent_third_encoder()
    ids = third["tokenizer_3"](["a red boat", "一只小船"], padding="max_length", max_length=8, return_tensors="pt")
    with torch.no_grad():
        assert not third["text_encoder_3"](ids.input_ids)[0].any()
