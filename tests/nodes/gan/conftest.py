"""The generator of a StyleGAN2 with random weights, under the names that its authors' networks have."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

Z, WIDTH, CHANNELS = 12, 8, 6


def weights(side=16, labels=0, depth=2):
    """A state_dict as the authors' networks give it; the same numbers on every machine."""
    shapes = {"mapping.w_avg": (WIDTH,)}

    def dense(name, inputs, outputs):
        shapes.update({f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)})

    def styled(name, resolution, extra):
        dense(f"{name}.affine", WIDTH, CHANNELS)
        shapes.update({f"{name}.{part}": shape for part, shape in extra.items()})
        if "torgb" not in name:
            shapes.update({f"{name}.noise_const": (resolution, resolution), f"{name}.noise_strength": (),
                           f"{name}.resample_filter": (4, 4)})

    if labels:
        dense("mapping.embed", labels, WIDTH)
    for k in range(depth):
        dense(f"mapping.fc{k}", WIDTH if k else Z + (WIDTH if labels else 0), WIDTH)
    for resolution in [4 << k for k in range(20) if 4 << k <= side]:
        block = f"synthesis.b{resolution}"
        shapes[f"{block}.resample_filter"] = (4, 4)
        if resolution == 4:
            shapes[f"{block}.const"] = (CHANNELS, 4, 4)
        for part in ("conv0", "conv1")[resolution == 4:]:
            styled(f"{block}.{part}", resolution, {"weight": (CHANNELS, CHANNELS, 3, 3), "bias": (CHANNELS,)})
        styled(f"{block}.torgb", resolution, {"weight": (3, CHANNELS, 1, 1), "bias": (3,)})
    tensors, dice = {}, np.random.RandomState(5)
    taps = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64
    for name in sorted(shapes):
        values = taps if name.endswith("resample_filter") else dice.randn(*shapes[name])
        values = values / 0.01 if name.startswith("mapping.fc") and name.endswith("weight") else values
        tensors[name] = torch.tensor(np.asarray(values), dtype=torch.float32)
        if name.endswith("affine.bias"):
            tensors[name] += 1
    return tensors


@pytest.fixture(scope="session")
def gan_folder(tmp_path_factory):
    """A generator of 16 pixels without labels, as a user would store it."""
    folder = tmp_path_factory.mktemp("gan")
    save_file(weights(), folder / "model.safetensors")
    return folder


@pytest.fixture(scope="session")
def gan(gan_folder):
    """The live generator, loaded as the engine loads it."""
    from nodegraph import Recipe
    from nodegraph_nodes.gan.models import load

    return load(Recipe("GanModel", "tiny", str(gan_folder)), "cpu", "float32")
