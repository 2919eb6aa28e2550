"""Files of weights, whole and spoiled in the ways that downloads, clones and renaming spoil them."""

import pytest
import torch

from tests.nodes.music.conftest import composer_folder
from tests.nodes.text.conftest import folder as language_folder

__all__ = ["composer_folder", "language_folder"]


@pytest.fixture
def whole(tmp_path):
    """A safetensors file of two tensors."""
    from safetensors.torch import save_file

    path = tmp_path / "model.safetensors"
    save_file({"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(3, dtype=torch.bfloat16)}, path,
              metadata={"format": "pt"})
    return path
