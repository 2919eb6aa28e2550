"""The generator computes what its authors' does, reads its shape off its weights, and says what is missing."""

import pytest
import torch

from nodegraph_nodes.gan import sample
from nodegraph_nodes.gan.stylegan2 import Generator, mapped, synthesised, truncated

from .conftest import WIDTH, Z, weights

# three pixels, mean and deviation of what NVlabs/stylegan2-ada-pytorch made of these weights, seed 7 and psi 0.7
AUTHORS = {
    (0, 0, "const"): (-2.3388, 3.125, 1.5447, -2.3337, 3.3711), (0, 0, "none"): (-0.8883, -2.7141, -3.6641, -2.0614, 0.6822),
    (3, 2, "const"): (0.1733, 4.2502, -5.2602, -1.2637, 4.3702), (3, 2, "none"): (1.5008, 3.2342, -4.2415, -0.2283, 3.5726)}


def picture(generator, label=0, noise="const"):
    style = truncated(generator, mapped(generator, sample.noise_of(7, generator.z_width), label), 0.7)
    return synthesised(generator, style.repeat(generator.layers, 1), noise)


@pytest.mark.parametrize("labels, label, noise", AUTHORS)
def test_it_makes_the_picture_that_the_authors_network_makes(labels, label, noise):
    made = picture(Generator(weights(labels=labels)), label, noise)
    figures = [*(made[at].item() for at in ((0, 0, 0), (1, 5, 9), (2, 15, 15))), made.mean().item(), made.std().item()]
    assert figures == pytest.approx(AUTHORS[labels, label, noise], abs=2e-4)


@pytest.mark.parametrize("side", [4, 8, 32])
def test_its_shape_is_read_off_its_weights(side):
    generator = Generator(weights(side=side, labels=3))
    assert (generator.resolution, generator.channels, generator.width) == (side, 3, WIDTH)
    assert (generator.layers, generator.labels, generator.z_width) == ({4: 2, 8: 4, 32: 8}[side], 3, Z)
    assert picture(generator).shape == (3, side, side)


def test_activations_are_clamped_where_the_training_clamped_them():
    made = [picture(Generator(weights(), clamp)) for clamp in (None, 1e9, 0.5)]
    assert torch.equal(made[0], made[1]) and not torch.equal(made[0], made[2])
    assert made[2].abs().max() <= 0.5 * 3  # three blocks add to the picture


@pytest.mark.parametrize("spoil, says", [
    (lambda t: t.pop("mapping.w_avg"), "no tensor mapping.w_avg"),
    (lambda t: t.pop("synthesis.b8.torgb.weight"), "no tensor synthesis.b8.torgb.weight"),
    (lambda t: [t.pop(name) for name in list(t) if name.startswith("synthesis.b8.")], "each should double the last"),
    (lambda t: t.clear(), "no tensor mapping.fc0.weight"),
    (lambda t: t.pop("mapping.fc0.bias"), "no tensor mapping.fc0.bias, which"),
    (lambda t: t.pop("synthesis.b16.conv1.affine.bias"), "no tensor synthesis.b16.conv1.affine.bias, which"),
    (lambda t: t.pop("synthesis.b8.conv0.noise_strength"), "no tensor synthesis.b8.conv0.noise_strength, which"),
    (lambda t: [t.pop(name) for name in list(t) if ".conv1." in name and "affine" in name],
     "no tensor synthesis.b4.conv1.affine.weight, nor 5 more, which"),
    (lambda t: t.update({"mapping.fc3.weight": torch.zeros(8, 8)}), "no tensor mapping.fc2.weight"),
    (lambda t: t.update({"synthesis.b8.conv1.weight": torch.zeros(5, 6, 3, 3)}), "shape"),
    (lambda t: t.update({"mapping.w_avg": torch.zeros(9)}), r"fc1.weight has the shape \(8, 8\), and \(9, 8\) fits"),
    (lambda t: t.update({"synthesis.b16.torgb.weight": torch.zeros(4, 6, 1, 1)}), "4 channels; 1 and 3 are known"),
])
def test_weights_of_something_else_are_refused_for_what_is_missing(spoil, says):
    tensors = weights()
    spoil(tensors)
    with pytest.raises(ValueError, match=says):
        Generator(tensors)
