"""Weights of Basic Pitch out of the ONNX file of its authors, under the names of `transcriber`.

    pip download --no-deps basic-pitch==0.4.0 && unzip basic_pitch-*.whl
    pip install onnx
    python -m nodegraph_nodes.audio.onnx basic_pitch/saved_models/icassp_2022/nmp.onnx transcriber

makes the folder of `audio/transcriber` again. onnx reads the file's tables; nothing of it is run.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .transcriber import Transcriber

_CONVOLUTIONS = ("onset_in", "contour_in", "contour_out", "note_in", "note_out", "onset_out")  # in the order of the file
_OCTAVES = 9


def tensors(path: Path) -> dict[str, Any]:
    """The weights of a file, as the network has them. Raises ValueError where they are others."""
    import numpy as np
    import onnx
    import torch

    graph = onnx.load(str(path)).graph
    held = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    spectra, rest = convolutions[:-len(_CONVOLUTIONS)], convolutions[-len(_CONVOLUTIONS):]
    turned = {node.input[0] for node in graph.node if node.op_type == "Neg"}  # the imaginary part comes with its sign turned
    kernels = {"lowpass" if held[node.input[1]].shape[0] == 1 else "imaginary" if node.output[0] in turned else "real":
               held[node.input[1]][:, 0] for node in spectra}
    scale = next(held[name] for node in graph.node if node.op_type == "Mul" for name in node.input
                 if name in held and held[name].shape == (309, 1, 1))
    found = {**kernels, "lengths": scale.ravel()}
    normed = {node.op_type: held[node.input[1]] for node in graph.node if node.op_type in ("Mul", "Add")
              and "batch_normalization" in node.output[0] and node.input[1] in held}
    found |= {"gain": normed["Mul"], "offset": normed["Add"]}
    for name, node in zip(_CONVOLUTIONS, rest, strict=True):
        found |= {f"{name}.weight": held[node.input[1]], f"{name}.bias": held[node.input[2]]}
    wanted = Transcriber().state_dict()
    for name, tensor in wanted.items():
        if name not in found or found[name].shape != tuple(tensor.shape):
            raise ValueError(f"{path.name} has no {name} of {tuple(tensor.shape)}; take the file of basic-pitch 0.4.0")
    return {name: torch.from_numpy(np.array(found[name])) for name in wanted}


def main() -> None:
    """Write model.safetensors from such a file into a folder."""
    from safetensors.torch import save_file

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors(given.file), given.folder / "model.safetensors", metadata={"format": "pt", "architecture": "basic-pitch"})


if __name__ == "__main__":
    main()
