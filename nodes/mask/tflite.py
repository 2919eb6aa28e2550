"""Weights of MediaPipe's selfie segmentation out of its TensorFlow Lite file, under the names of `person_network`.

    npm pack @mediapipe/selfie_segmentation && tar xzf mediapipe-selfie_segmentation-*.tgz
    pip install tflite
    python -m nodegraph_nodes.mask.tflite package/selfie_segmentation.tflite person

makes the folder of `mask/person` again. tflite reads the file's tables; nothing of it is run.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .person_network import Person, layers

_CONVOLUTIONS, _DEQUANTIZE, _CUSTOM = (3, 4), 6, 32  # operators by number; the custom one is the convolution at the end


def tensors(content: bytes) -> dict[str, Any]:
    """The weights of each convolution in its order, as PyTorch lays them out, in half precision as they are stored."""
    weights = iter(_stored(content))
    made: dict[str, Any] = {}
    for name, layer in layers(Person()):
        kernel, bias = next(weights)
        # TensorFlow Lite: outputs, height, width, inputs; of a depthwise one 1, height, width, planes.
        turned = kernel.permute(3, 0, 1, 2) if kernel.shape[0] == 1 else kernel.permute(0, 3, 1, 2)
        if turned.shape != layer.weight.shape:
            raise ValueError(f"{name} is {tuple(turned.shape)} in the file, and {tuple(layer.weight.shape)} is wanted")
        made |= {f"{name}.weight": turned.contiguous(), f"{name}.bias": bias}
    return made


def _stored(content: bytes) -> list[tuple[Any, Any]]:
    """The kernel and the bias of each convolution of a file, in order."""
    import tflite

    model = tflite.Model.GetRootAsModel(content, 0)
    graph = model.Subgraphs(0)
    packed, found = {}, []
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        code = model.OperatorCodes(operator.OpcodeIndex())
        kind, inputs = max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), operator.InputsAsNumpy()
        if kind == _DEQUANTIZE:
            packed[operator.Outputs(0)] = inputs[0]
        elif kind in (*_CONVOLUTIONS, _CUSTOM):
            found.append(tuple(_tensor(model, graph, packed[index]) for index in inputs[1:3]))
    return found


def _tensor(model: Any, graph: Any, index: int) -> Any:
    import numpy as np
    import torch

    tensor = graph.Tensors(index)
    values = np.frombuffer(model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes(), np.float16)
    return torch.from_numpy(values.reshape(tensor.ShapeAsNumpy()).copy())


def main() -> None:
    """Write the folder of a model out of the file of selfie segmentation."""
    from safetensors.torch import save_file

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("file", type=Path, help="selfie_segmentation.tflite")
    parser.add_argument("folder", type=Path, help="to write; model.safetensors in it is replaced")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors(given.file.read_bytes()), given.folder / "model.safetensors")


if __name__ == "__main__":
    main()
