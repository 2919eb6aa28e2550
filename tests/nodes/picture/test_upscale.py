"""Upscaling: the network is its authors' formula, tiles leave no seams, alpha stays, and the sizes are those asked for."""

import json
import sys
from importlib import import_module

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

import nodegraph
from nodegraph import Cancelled, Context, InputError, Recipe
from nodegraph.packs import Catalogue
from nodegraph_nodes.picture import foreign, ncnn
from nodegraph_nodes.picture.architectures import architecture
from nodegraph_nodes.picture.networks import network
from nodegraph_nodes.picture.tiles import count, enlarged, spans
from nodegraph_nodes.picture.upscale import upscale
from nodegraph_nodes.picture.upscalers import Upscaler, holds, kind_problem, load

WIDTH, GROWTH = 6, 4


def conv(dice, name, outputs, inputs):
    return {f"{name}.weight": torch.randn(outputs, inputs, 3, 3, generator=dice) / (3 * inputs ** 0.5),
            f"{name}.bias": torch.randn(outputs, generator=dice) / 9}


def compact(scale=2, depth=2):
    """The tensors of a small SRVGGNetCompact."""
    dice = torch.Generator().manual_seed(1)
    layers = [3, *[WIDTH] * (depth + 1), 3 * scale ** 2]
    made = {}
    for k, (inputs, outputs) in enumerate(zip(layers, layers[1:])):
        made |= conv(dice, f"body.{2 * k}", outputs, inputs)
        made |= {f"body.{2 * k + 1}.weight": torch.rand(outputs, generator=dice)} if k <= depth else {}
    return made


def esrgan(fold=1, doublings=2, depth=1):
    """The tensors of a small RRDBNet, with the names of BasicSR."""
    dice = torch.Generator().manual_seed(2)
    made = conv(dice, "conv_first", WIDTH, 3 * fold ** 2)
    for block in range(depth):
        for dense in (1, 2, 3):
            for k in range(5):
                made |= conv(dice, f"body.{block}.rdb{dense}.conv{k + 1}", GROWTH if k < 4 else WIDTH, WIDTH + k * GROWTH)
    for name in ("conv_body", *(f"conv_up{k + 1}" for k in range(doublings)), "conv_hr"):
        made |= conv(dice, name, WIDTH, WIDTH)
    return made | conv(dice, "conv_last", 3, WIDTH)


def first_names(tensors):
    """As in the authors' first release: one row of numbered layers."""
    row = {"conv_first": "model.0", "conv_body": "model.1.sub.1", "conv_up1": "model.3", "conv_up2": "model.6",
           "conv_hr": "model.8", "conv_last": "model.10"}

    def renamed(name):
        layer, part = name.rsplit(".", 1)
        if layer in row:
            return f"{row[layer]}.{part}"
        _, block, dense, inner = layer.split(".")
        return f"model.1.sub.{block}.{dense.upper()}.{inner}.0.{part}"
    return {renamed(name): tensor for name, tensor in tensors.items()}


def second_names(tensors):
    """As in the authors' second release."""
    words = {"conv_body": "trunk_conv", "body.": "RRDB_trunk.", "rdb": "RDB", "conv_up": "upconv", "conv_hr": "HRconv"}

    def renamed(name):
        for new, old in words.items():
            name = name.replace(new, old)
        return name
    return {renamed(name): tensor for name, tensor in tensors.items()}


def folder(path, tensors, name="model.safetensors"):
    path.mkdir(exist_ok=True)
    save_file(tensors, path / name)
    return path


def loaded(path, dtype="float32"):
    return load(Recipe("UpscaleModel", path.name, str(path)), "cpu", dtype)


@pytest.fixture(scope="module")
def shipped():
    return loaded(Catalogue().model_folder("picture/upscaler"))


@pytest.fixture
def small(tmp_path):
    return loaded(folder(tmp_path / "small", compact()))


# ---- the networks

def test_a_compact_network_is_convolutions_with_slopes_over_repeated_pixels(photo):
    weights = compact()
    x = photo[None]
    for k in range(3):
        x = F.conv2d(x, weights[f"body.{2 * k}.weight"], weights[f"body.{2 * k}.bias"], padding=1)
        x = torch.where(x > 0, x, x * weights[f"body.{2 * k + 1}.weight"][:, None, None])
    x = F.conv2d(x, weights["body.6.weight"], weights["body.6.bias"], padding=1)
    expected = F.pixel_shuffle(x, 2) + photo[None].repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert (network(weights)(photo[None]) - expected).abs().max() < 1e-6


def reference(weights, x, fold, doublings):
    """ESRGAN as its paper draws it, of plain functions."""
    def layer(x, name):
        return F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1)

    def leaky(x):
        return torch.maximum(x, x * 0.2)

    first = layer(F.pixel_unshuffle(x, fold), "conv_first")
    block = first
    for dense in (1, 2, 3):
        seen = block
        for k in range(1, 5):
            seen = torch.cat([seen, leaky(layer(seen, f"body.0.rdb{dense}.conv{k}"))], 1)
        block = block + 0.2 * layer(seen, f"body.0.rdb{dense}.conv5")
    x = first + layer(first + 0.2 * block, "conv_body")
    for k in range(doublings):
        x = leaky(layer(x.repeat_interleave(2, 2).repeat_interleave(2, 3), f"conv_up{k + 1}"))
    return layer(leaky(layer(x, "conv_hr")), "conv_last")


@pytest.mark.parametrize("fold, doublings", [(1, 2), (2, 2), (4, 2), (1, 1), (1, 3)])
def test_an_esrgan_is_the_network_of_its_paper_at_each_scale(photo, fold, doublings):
    weights, x = esrgan(fold, doublings), photo[None]
    made = network(weights)
    assert made.scale == 2 ** doublings / fold
    assert (made(x) - reference(weights, x, fold, doublings)).abs().max() < 1e-5


@pytest.mark.parametrize("names", [first_names, second_names])
def test_the_names_of_the_first_releases_are_read_too(photo, names):
    assert torch.equal(network(names(esrgan()))(photo[None]), network(esrgan())(photo[None]))


def test_a_folded_esrgan_takes_sides_that_do_not_divide(photo):
    odd = photo[:, :59, :77]
    made = network(esrgan(fold=4))(odd[None])
    padded = F.pad(odd[None], (0, 3, 0, 1), "replicate")
    assert (made - reference(esrgan(4), padded, 4, 2)[:, :, :59, :77]).abs().max() < 1e-5


def test_weights_of_another_network_have_no_architecture():
    shapes = {name: tuple(tensor.shape) for name, tensor in esrgan().items()}
    assert architecture(shapes) == "ESRGAN"
    assert architecture({**shapes, "attention.weight": (4, 4)}) == ""
    assert architecture({"body.0.weight": (64, 3, 3, 3), "body.1.weight": (64,), "body.2.weight": (10, 64, 3, 3)}) == ""


def test_weights_that_lack_a_layer_are_told_by_name(tmp_path):
    weights = esrgan()
    del weights["body.0.rdb2.conv3.bias"]
    with pytest.raises(InputError, match=r"cannot be loaded as an UpscaleModel: .*body\.0\.rdb2\.conv3\.bias"):
        loaded(folder(tmp_path / "torn", weights))


# ---- the node

def test_tiles_make_what_the_whole_picture_makes(photo, small):
    whole = upscale(photo, Context(), small)
    assert whole.shape == (3, 120, 160)
    for side in (16, 33):
        assert (upscale(photo, Context(), small, tile=side) - whole).abs().max() < 1e-6


@pytest.mark.parametrize("scale", [1.0, 1.3, 2.0, 3.0, 5.0])
def test_tiles_leave_no_seams_at_any_scale(photo, small, scale):
    whole = upscale(photo, Context(), small, scale)
    assert whole.shape == (3, round(60 * scale), round(80 * scale))
    assert (upscale(photo, Context(), small, scale, tile=16) - whole).abs().max() < 3e-6


def test_a_deep_esrgan_sees_no_further_than_its_margin(photo):
    made = network(esrgan(depth=3)).requires_grad_(False)
    upscaler = Upscaler(made, "ESRGAN", 4, made.margin, 256)
    whole = upscaler(photo[None])[0].clamp(0, 1)
    assert (enlarged(upscaler, photo, 320, 240, 30) - whole).abs().max() < 1e-5


def test_tiles_cover_a_line_once_with_margins_that_end_at_its_ends():
    found = spans(100, 40, 8)
    assert [tuple(span) for span in found] == [(0, 33, 0, 41), (33, 67, 25, 75), (67, 100, 59, 100)]
    assert count(100, 41, 40) == 6
    large = spans(1000, 192, 32)
    assert [span.first % 16 for span in large] == [0] * 6 and large[0][:2] == (0, 160) and large[-1].end == 1000


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 2)])
def test_the_smallest_pictures_are_enlarged(small, size):
    assert upscale(torch.full((3, *size), 0.5), Context(), small).shape == (3, size[0] * 2, size[1] * 2)


def test_the_same_picture_gives_the_same_bits(photo, shipped):
    assert torch.equal(upscale(photo, Context(), shipped), upscale(photo, Context(), shipped))


def test_the_shipped_model_keeps_an_edge_sharp_where_resizing_blurs_it(shipped):
    disc = torch.zeros(3, 64, 64) + 0.1
    y, x = torch.meshgrid(torch.arange(64.), torch.arange(64.), indexing="ij")
    disc += 0.8 * (20.5 - ((x - 31.5) ** 2 + (y - 31.5) ** 2).sqrt()).clamp(0, 1)
    made = upscale(disc, Context(), shipped)
    resized = F.interpolate(disc[None], scale_factor=4, mode="bicubic")[0]
    assert made.shape == (3, 256, 256)
    assert (F.avg_pool2d(made, 4) - disc).abs().mean() < 0.01  # the same picture
    between = [((plane > 0.3) & (plane < 0.7)).float().sum() for plane in (made, resized)]
    assert between[0] < 0.6 * between[1]


def test_alpha_is_enlarged_and_gives_its_edge_no_other_colour(small, shipped):
    picture = torch.zeros(4, 24, 24)
    picture[:, 6:18, 6:18] = torch.tensor([1.0, 0.2, 0.1, 1.0])[:, None, None]  # red on black that is not seen
    made = upscale(picture, Context(), shipped)
    assert made.shape == (4, 96, 96)
    assert made[3, 48, 48] > 0.99 and made[3, 2, 2] < 0.01
    seen = made[:3, made[3] > 0.1]
    assert (seen - torch.tensor([1.0, 0.2, 0.1])[:, None]).abs().max() < 0.08
    assert (made[:3, made[3] == 0] == 0).all()


def test_a_picture_with_alpha_that_is_opaque_is_that_without(photo, small):
    made = upscale(torch.cat([photo, torch.ones(1, 60, 80)]), Context(), small)
    assert torch.equal(made[:3], upscale(photo, Context(), small))


def test_progress_counts_the_pieces_of_every_pass(photo, small, listening):
    ctx = listening()
    upscale(photo, ctx, small, 4.0, tile=40)
    assert [report[:2] for report in ctx.reports] == [(k, 4 + 12) for k in range(17)]


def test_it_can_be_stopped_between_pieces(photo, small, listening):
    with pytest.raises(Cancelled):
        upscale(photo, listening(stop_after=2), small, tile=16)


@pytest.mark.parametrize("scale, words", [(0.5, "scale is 0.5, .* picture.resize"), (30.0, "30 times 800 x 60 is 24000 x")])
def test_scales_that_make_no_sense_are_refused(small, scale, words):
    with pytest.raises(InputError, match=words):
        upscale(torch.zeros(3, 60, 800), Context(), small, scale)


def test_a_model_that_mends_is_not_asked_to_enlarge(photo, tmp_path):
    mender = loaded(folder(tmp_path / "mender", esrgan(fold=4)))
    assert upscale(photo, Context(), mender).shape == photo.shape
    with pytest.raises(InputError, match="scale is 2, and this model mends pictures"):
        upscale(photo, Context(), mender, 2.0)


def test_half_precision_is_told_apart_from_numbers_that_are_none(photo, tmp_path):
    weights = {name: tensor * 3e4 for name, tensor in compact().items()}
    large = loaded(folder(tmp_path / "large", weights), "float16")
    with pytest.raises(InputError, match="numbers that are none .* --dtype float32"):
        upscale(photo, Context(), large)
    assert upscale(photo, Context(), loaded(folder(tmp_path / "half", compact()), "float16")).dtype == torch.float32


# ---- what lies at a path

def test_a_model_is_a_folder_or_a_file_with_or_without_what_a_training_put_before_its_names(tmp_path):
    wrapped = folder(tmp_path / "wrapped", {f"params_ema.{name}": tensor for name, tensor in compact().items()}, "2x.safetensors")
    assert holds(wrapped) and holds(wrapped / "2x.safetensors")
    assert loaded(wrapped).kind == loaded(wrapped / "2x.safetensors").kind == "Compact"


def test_what_is_no_upscaler_is_told(tmp_path):
    path = tmp_path / "other"
    path.mkdir()
    assert kind_problem(path) == "is empty"
    (path / "4x-UltraSharp.pth").write_bytes(b"PK\x03\x04")
    assert "4x-UltraSharp.pth is a pickle" in kind_problem(path) and "s.save_file(" in kind_problem(path / "4x-UltraSharp.pth")
    folder(path, {"lora_unet_a.lora_down.weight": torch.zeros(1)})
    assert kind_problem(path) == "is no upscaler: it is an adapter (LoRA), which changes a model and is none"
    folder(path, {"encoder.embed_tokens.weight": torch.zeros(4, 4)})
    assert kind_problem(path) == "is no upscaler: its tensors are those of another kind of model"
    folder(path, compact(), "second.safetensors")
    assert kind_problem(path).startswith("holds 2 safetensors files")
    (path / "config.json").write_text(json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}))
    assert kind_problem(path) == "holds a language model (LlamaForCausalLM)"
    assert kind_problem(tmp_path / "nowhere") == "is not there"


def test_the_command_that_is_advised_for_a_pickle_makes_a_model_of_it(tmp_path, monkeypatch):
    torch.save({"params_ema": compact()}, tmp_path / "2x.pth")
    command = kind_problem(tmp_path / "2x.pth").split('python -c "')[1].rstrip('"')
    monkeypatch.chdir(tmp_path)
    exec(command)
    assert loaded(tmp_path / "2x.safetensors").scale == 2


def test_weights_that_are_not_numbers_are_refused(tmp_path):
    spoiled = compact()
    spoiled["body.0.bias"][0] = torch.nan
    with pytest.raises(InputError, match=r"body\.0\.bias holds numbers that are none"):
        loaded(folder(tmp_path / "spoiled", spoiled))


def test_a_graph_takes_the_file_itself_and_is_told_what_a_pickle_needs(tmp_path, photo, capsys):
    folder(tmp_path, compact(), "2x.safetensors")
    (tmp_path / "4x.pth").write_bytes(b"PK\x03\x04")
    graph = "nodegraph: 1\ninputs: {image: {type: Image}}\nnodes: {a: {type: picture.upscale, image: $image, model: %s}}\noutputs: {a: $a}\n"
    for name in ("2x.safetensors", "4x.pth"):
        (tmp_path / f"{name}.yaml").write_text(graph % name)
    made = nodegraph.run(tmp_path / "2x.safetensors.yaml", {"image": photo})["a"]
    assert made.shape == (3, 120, 160)
    with pytest.raises(nodegraph.GraphError, match=r"4x\.pth is a pickle, .* store it as safetensors: python -c"):
        nodegraph.run(tmp_path / "4x.pth.yaml", {"image": photo})


# ---- spandrel

STRANGE = {"first.weight": torch.ones(3, 3, 1, 1), "second.bias": torch.zeros(3)}


@pytest.fixture
def spandrel(monkeypatch, tmp_path):
    """A library that imports as spandrel does, and knows one architecture: a picture with each pixel repeated."""
    package = tmp_path / "libraries" / "spandrel"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("""
import torch
from torchvision.transforms.functional import InterpolationMode, normalize, rotate
asked = InterpolationMode.BILINEAR
class Supported: name = "SUPPORTED"
class ImageModelDescriptor:
    input_channels = output_channels = 3
    scale, tiling = 2, Supported
    class architecture: name = "Repeated"
    def __init__(self, weights): self.model = torch.nn.Conv2d(3, 3, 1, bias=False); self.weights = weights
    def to(self, *place): self.model.to(*place)
    def __call__(self, image): return image.repeat_interleave(2, 2).repeat_interleave(2, 3)
class ModelLoader:
    def load_from_state_dict(self, weights):
        if "first.weight" not in weights: raise RuntimeError("Unsupported model type")
        return ImageModelDescriptor(weights)
""")
    monkeypatch.delitem(sys.modules, "spandrel", raising=False)
    monkeypatch.syspath_prepend(str(package.parent))
    yield
    sys.modules.pop("spandrel", None)


def test_other_architectures_are_read_by_spandrel_without_torchvision(photo, tmp_path, spandrel):
    made = upscale(photo, Context(), loaded(folder(tmp_path / "strange", STRANGE)))
    assert torch.equal(made, photo.repeat_interleave(2, 1).repeat_interleave(2, 2))
    assert not [name for name in sys.modules if name.startswith("torchvision")]
    with pytest.raises(InputError, match="asks for torchvision"):
        import_module("spandrel").rotate(photo, 3)


def test_what_spandrel_does_not_know_is_told_in_its_words(tmp_path, spandrel):
    with pytest.raises(InputError, match="spandrel does not know it: Unsupported model type"):
        loaded(folder(tmp_path / "stranger", {"third.weight": torch.ones(3, 3, 1, 1)}))


def test_without_spandrel_an_unknown_architecture_is_answered_with_how_to_have_it(tmp_path, monkeypatch):
    monkeypatch.setattr("nodegraph_nodes.picture.upscalers.find_spec", lambda name: None)
    assert "pip install --no-deps spandrel" in kind_problem(folder(tmp_path / "strange", STRANGE))


def test_the_real_spandrel_gives_what_the_networks_here_give(photo, shipped):
    pytest.importorskip("einops")
    if not foreign.find_spec("spandrel"):
        pytest.skip("spandrel is not installed")
    made, kind, scale, _, _ = foreign.spandrels(shipped.network.state_dict())
    assert (kind, scale) == ("RealESRGAN Compact", 4)
    with torch.no_grad():
        assert (made(photo[None]).clamp(0, 1) - shipped(photo[None]).clamp(0, 1)).abs().max() < 1e-6


# ---- ncnn

def test_the_files_of_ncnn_are_read_number_by_number():
    half = torch.tensor([0.5, -2.0, 3.0], dtype=torch.float16)
    param = ("7767517\n4 4\nInput data 0 1 data\nConvolution c0 1 1 data a 0=1 1=1 4=0 5=1 6=3\n"
             "PReLU p0 1 1 a b 0=1\nConvolution c1 1 1 b output 0=1 1=1 5=1 6=1\n")
    content = (ncnn.HALVES.to_bytes(4, "little") + half.numpy().tobytes() + b"\0\0" + torch.tensor([7.0]).numpy().tobytes()
               + torch.tensor([0.25]).numpy().tobytes()
               + bytes(4) + torch.tensor([1.5, -1.0]).numpy().tobytes())
    found = ncnn.compact_names(list(ncnn.layers(param, content)))
    assert {name: tensor.flatten().tolist() for name, tensor in found.items()} == {
        "body.0.weight": [0.5, -2.0, 3.0], "body.0.bias": [7.0], "body.1.weight": [0.25],
        "body.2.weight": [1.5], "body.2.bias": [-1.0]}
    with pytest.raises(ValueError, match="3 bytes are missing"):
        list(ncnn.layers(param, content[:-3]))
    with pytest.raises(ValueError, match="2 bytes are left over"):
        list(ncnn.layers(param, content + b"\0\0"))


def test_convolutions_alone_get_the_names_of_an_esrgan():
    layer = ncnn.Layer("Convolution", {"weight": torch.zeros(1)})
    named = ncnn.esrgan_names([layer] * 21)
    assert {name.removesuffix(".weight") for name in named} == {name.rsplit(".", 1)[0] for name in esrgan()}
    with pytest.raises(ValueError, match="20 convolutions"):
        ncnn.esrgan_names([layer] * 20)


def test_the_shipped_model_has_a_licence_and_says_how_it_was_made():
    place = Catalogue().model_folder("picture/upscaler")
    assert "Xintao Wang" in (place / "LICENSE").read_text() and "nodegraph_nodes.picture.ncnn" in (place / "README.md").read_text()
    tensors = load_file(place / "model.safetensors")
    assert sum(tensor.numel() for tensor in tensors.values()) == 621_424
