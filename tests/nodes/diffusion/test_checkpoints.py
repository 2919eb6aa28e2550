"""Models in single files, as people have them: what they paint is what their folders paint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from nodegraph import Engine, InputError, Recipe
from nodegraph_nodes.diffusion import models as loading
from nodegraph_nodes.diffusion.checkpoints import anatomy, encoders, tensors
from nodegraph_nodes.diffusion.folders import holds, problem
from nodegraph_nodes.diffusion.recipe import load as load_node

from . import wild
from .conftest import t5_tokenizer

pytestmark = pytest.mark.filterwarnings("ignore:The configuration file of", "ignore:__array__ implementation")


def stored(path: Path, *states: dict[str, torch.Tensor], **told: str) -> Path:
    merged = {name: tensor.detach().clone().contiguous() for state in states for name, tensor in state.items()}
    save_file(merged, path, metadata=told or None)
    return path


def part(slot: str, place: Path) -> Recipe:
    return Recipe("part", place.name, str(place), options=(("slot", slot),))


def opened(path: Path, *parts: Recipe, dtype: str = "float32", **options: Any) -> Any:
    recipe = Recipe("DiffusionModel", path.name, str(path), options=tuple(sorted(options.items())), patches=parts)
    return loading.load(recipe, "cpu", dtype)


def paint(pipe: Any, **more: Any) -> torch.Tensor:
    pipe.set_progress_bar_config(disable=True)
    with loading.quiet():
        return pipe(prompt="a red boat", num_inference_steps=2, generator=torch.Generator().manual_seed(3), output_type="pt",
                    **{"width": 64, "height": 64, **more}).images[0]


class Zoo:
    """Tiny pipelines of each family, and their files, made when they are first asked for."""

    def __init__(self, folder: Path):
        self.folder, self.pipes = folder, {}

    def pipe(self, family: str) -> Any:
        if family not in self.pipes:
            torch.manual_seed(len(family))
            self.pipes[family] = wild.tiny(family)
        return self.pipes[family]

    def file(self, family: str) -> Path:
        path = self.folder / f"{family}.safetensors"
        if path.exists():
            return path
        pipe = self.pipe(family)
        texts = {"sd1": lambda: wild.clip(pipe.text_encoder, "cond_stage_model.transformer."),
                 "sd2": lambda: wild.open_clip(pipe.text_encoder, "cond_stage_model.model."),
                 "sdxl": lambda: {**wild.clip(pipe.text_encoder, "conditioner.embedders.0.transformer."),
                                  **wild.open_clip(pipe.text_encoder_2, "conditioner.embedders.1.model.")},
                 "sdxl_refiner": lambda: wild.open_clip(pipe.text_encoder_2, "conditioner.embedders.0.model."),
                 "sd3": lambda: {**wild.clip(pipe.text_encoder, "text_encoders.clip_l.transformer."),
                                 **wild.clip(pipe.text_encoder_2, "text_encoders.clip_g.transformer.")}}
        painter = wild.sd3(pipe.transformer) if family == "sd3" else wild.unet(pipe.unet)
        return stored(path, painter, wild.vae(pipe.vae), texts[family]())


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return Zoo(tmp_path_factory.mktemp("zoo"))


@pytest.mark.parametrize("family", ["sd1", "sd2", "sdxl", "sd3"])
def test_a_whole_file_paints_what_its_folder_paints(zoo, family):
    path = zoo.file(family)
    assert holds(path) and problem(path) == ""
    pipe = opened(path)
    assert type(pipe) is type(zoo.pipe(family)) and torch.allclose(paint(pipe), paint(zoo.pipe(family)), atol=1e-5)


def test_the_refiner_is_told_from_its_base_and_paints_over_a_picture(zoo):
    pipe, start = opened(zoo.file("sdxl_refiner")), torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    size = {"image": start, "strength": 1.0, "original_size": (64, 64), "target_size": (64, 64)}
    over = lambda pipe: pipe(prompt="a boat", num_inference_steps=2, generator=torch.Generator().manual_seed(3),
                             output_type="pt", **size).images[0]
    assert torch.allclose(over(pipe), over(zoo.pipe("sdxl_refiner")), atol=1e-5)


def test_newer_blocks_of_stable_diffusion_3_are_told_by_their_tensors(zoo, tmp_path):
    pipe = zoo.pipe("sd3")
    torch.manual_seed(8)
    config = {name: value for name, value in pipe.transformer.config.items() if not name.startswith("_")}
    newer = type(pipe.transformer).from_config(config | {"qk_norm": "rms_norm", "dual_attention_layers": [0]})
    whole = type(pipe)(**pipe.components | {"transformer": newer})
    texts = (wild.clip(pipe.text_encoder, "text_encoders.clip_l.transformer."),
             wild.clip(pipe.text_encoder_2, "text_encoders.clip_g.transformer."))
    opened_ = opened(stored(tmp_path / "sd35.safetensors", wild.sd3(newer), wild.vae(pipe.vae), *texts))
    assert tuple(opened_.transformer.config.dual_attention_layers) == (0,)
    assert torch.allclose(paint(opened_), paint(whole), atol=1e-5)


@pytest.mark.parametrize(("family", "channels", "kind"), [
    ("sd1", 9, "StableDiffusionInpaintPipeline"), ("sd1", 8, "StableDiffusionInstructPix2PixPipeline"),
    ("sdxl", 9, "StableDiffusionXLInpaintPipeline"), ("flux", 384, "FluxFillPipeline"), ("flux", 128, "FluxControlPipeline")])
def test_what_a_denoiser_reads_beside_latents_tells_what_it_is_for(zoo, family, channels, kind):
    files = {"flux": flux_files(zoo)["model"]}
    names = tensors.shapes(files[family] if family in files else zoo.file(family))
    first = {"flux": "img_in.weight"}.get(family, "model.diffusion_model.input_blocks.0.0.weight")
    wide = (names[first][0], channels, *names[first][2:])
    assert anatomy.fitted(family, names | {first: wide})["model_index"]["_class_name"] == kind


def flux_files(zoo: Zoo) -> dict[str, Path]:
    """Flux as its parts are passed around: a transformer, an autoencoder, CLIP and T5, and a folder with T5's tokenizer."""
    torch.manual_seed(9)
    pipe, folder = zoo.pipe("flux"), zoo.folder / "flux"
    folder.mkdir(exist_ok=True)
    from transformers import T5Config, T5EncoderModel

    pipe.text_encoder_2 = T5EncoderModel(T5Config(vocab_size=64, d_model=64, d_kv=8, d_ff=32, num_layers=1, num_heads=2,
                                                  feed_forward_proj="gated-gelu")).eval()
    pipe.tokenizer_2 = t5_tokenizer()
    pipe.tokenizer_2.save_pretrained(folder / "t5")
    pipe.text_encoder_2.save_pretrained(folder / "t5")
    t5 = {name: tensor for name, tensor in pipe.text_encoder_2.state_dict().items() if name != "encoder.embed_tokens.weight"}
    return {"model": stored(folder / "flux1-dev.safetensors", wild.flux(pipe.transformer)), "t5": folder / "t5",
            "vae": stored(folder / "ae.safetensors", wild.vae(pipe.vae, "")), "t5xxl": stored(folder / "t5xxl.safetensors", t5),
            "clip": stored(folder / "clip_l.safetensors", wild.clip(pipe.text_encoder, ""))}


def test_split_files_of_flux_are_put_together(zoo):
    files = flux_files(zoo)
    pipe = opened(files["model"], part("text_encoder", files["clip"]), part("text_encoder", files["t5"]), part("vae", files["vae"]))
    plain = paint(zoo.pipe("flux"), max_sequence_length=16)
    assert torch.allclose(paint(pipe, max_sequence_length=16), plain, atol=1e-5)
    loose = opened(files["model"], part("text_encoder", files["t5xxl"]), part("text_encoder", files["clip"]),
                   part("text_encoder", files["t5"]), part("vae", files["vae"]))
    assert torch.allclose(paint(loose, max_sequence_length=16), plain, atol=1e-5)
    alone = opened(files["model"], part("text_encoder", files["t5xxl"]), part("text_encoder", files["clip"]),
                   part("vae", files["vae"]), part("tokenizer", files["t5"] / "tokenizer.json"))
    assert torch.allclose(paint(alone, max_sequence_length=16), plain, atol=1e-5)
    with pytest.raises(InputError, match="config.json is no tokenizer"):
        opened(files["model"], part("text_encoder", files["t5xxl"]), part("text_encoder", files["clip"]), part("vae", files["vae"]),
               part("tokenizer", files["t5"] / "config.json"))


@pytest.mark.parametrize(("left_out", "words"), [
    ("vae", "is Flux without its autoencoder; give vae"), ("clip", "is Flux without its text_encoder .CLIPTextModel.; give text_enc"),
    ("t5", "is Flux without its text_encoder_2 .T5EncoderModel."), ("tokenizer", "is Flux and needs a T5 tokenizer")])
def test_what_a_file_does_not_carry_is_asked_for_by_name(zoo, left_out, words):
    files = flux_files(zoo)
    parts = {"clip": part("text_encoder", files["clip"]), "t5": part("text_encoder", files["t5"]), "vae": part("vae", files["vae"])}
    if left_out == "tokenizer":
        parts["t5"] = part("text_encoder", files["t5xxl"])
    with pytest.raises(InputError, match=words):
        opened(files["model"], *[one for name, one in parts.items() if name != left_out])
    t5 = {"t5": [], "tokenizer": [files["t5xxl"]]}.get(left_out, [files["t5"]])
    encoders_ = [Recipe("TextEncoder", place.name, str(place)) for place in ([] if left_out == "clip" else [files["clip"]]) + t5]
    vae = None if left_out == "vae" else Recipe("Autoencoder", "ae", str(files["vae"]))
    with pytest.raises(InputError, match=words):  # by the node, before anything is loaded
        load_node(Recipe("DiffusionModel", "flux", str(files["model"])), vae=vae, text_encoders=encoders_)


def test_a_whole_folder_as_base_lends_what_a_file_lacks(zoo, tmp_path):
    pipe = zoo.pipe("sd1")
    pipe.save_pretrained(tmp_path / "base")
    alone = stored(tmp_path / "unet.safetensors", {name.removeprefix("model.diffusion_model."): tensor
                                                   for name, tensor in wild.unet(pipe.unet).items()})
    assert torch.allclose(paint(opened(alone, part("base", tmp_path / "base"))), paint(pipe), atol=1e-5)
    named = stored(tmp_path / "diffusers.safetensors", pipe.unet.state_dict())
    assert torch.allclose(paint(opened(named, part("base", tmp_path / "base"))), paint(pipe), atol=1e-5)
    with pytest.raises(InputError, match="paints as the model that it is a part of does, whose settings do not come along; give base"):
        opened(named)


def test_floating_types_and_the_variant_of_a_folder_are_chosen(zoo, checkpoints, tmp_path):
    pipe = opened(zoo.file("sd1"), dtype="bfloat16", dtypes=(("text_encoder", "float32"), ("vae", "float32")))
    assert [str(part.dtype) for part in (pipe.unet, pipe.vae, pipe.text_encoder)] == ["torch.bfloat16", "torch.float32", "torch.float32"]
    plain = loading.load(Recipe("DiffusionModel", "sd", str(checkpoints / "sd")), "cpu", "float32")
    plain.save_pretrained(tmp_path / "sd")
    for network in (plain.unet, plain.vae, plain.text_encoder):
        network.half()
    plain.save_pretrained(tmp_path / "sd", variant="fp16")
    with pytest.warns(UserWarning, match="base: sd is not used, since sd is a folder"):
        whole = opened(tmp_path / "sd", part("base", tmp_path / "sd"))
    half = opened(tmp_path / "sd", variant="fp16")
    weight = lambda pipe: pipe.unet.conv_in.weight
    assert torch.equal(weight(half), weight(whole).half().float()) and not torch.equal(weight(half), weight(whole))


def test_what_a_stable_diffusion_file_predicts_is_told_or_asked(zoo, tmp_path):
    pipe = zoo.pipe("sd2")
    states = wild.unet(pipe.unet), wild.vae(pipe.vae), wild.open_clip(pipe.text_encoder, "cond_stage_model.model.")
    bias = "model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias"
    spread = {bias: torch.linspace(-1, 1, len(states[0][bias]))}
    kinds = {"plain": opened(stored(tmp_path / "plain.safetensors", *states)),
             "velocity": opened(stored(tmp_path / "velocity.safetensors", *states, spread)),
             "told": opened(stored(tmp_path / "told.safetensors", *states, **{"modelspec.predict_key": "v"})),
             "zero": opened(stored(tmp_path / "zero.safetensors", *states, {"v_pred": torch.zeros(0), "ztsnr": torch.zeros(0)}))}
    assert {name: pipe.scheduler.config.prediction_type for name, pipe in kinds.items()} == {
        "plain": "epsilon", "velocity": "v_prediction", "told": "v_prediction", "zero": "v_prediction"}
    asked = opened(tmp_path / "velocity.safetensors", prediction="epsilon")
    assert asked.scheduler.config.prediction_type == "epsilon"
    assert kinds["zero"].scheduler.config.rescale_betas_zero_snr and kinds["zero"].scheduler.alphas_cumprod[-1] < 1e-6


def test_weights_in_eight_bits_are_widened_with_their_scales(zoo, tmp_path):
    state = {name: tensor.detach() for name, tensor in wild.unet(zoo.pipe("sd1").unet).items()}
    wide, narrow, scaled = {}, {}, {}
    for name, tensor in state.items():
        if tensor.ndim < 2:
            wide[name] = narrow[name] = scaled[name] = tensor
            continue
        narrow[name] = tensor.to(torch.float8_e4m3fn)
        scale = tensor.abs().max() / 448
        scaled[name] = (tensor / scale).to(torch.float8_e4m3fn)
        scaled[name.replace(".weight", ".scale_weight")] = scale
        wide[name] = tensor
    scaled["scaled_fp8"] = torch.zeros(0, dtype=torch.float8_e4m3fn)
    plain = tensors.state(stored(tmp_path / "fp8.safetensors", narrow), torch.float32)
    exact = tensors.state(stored(tmp_path / "scaled.safetensors", scaled), torch.float32)
    name = "model.diffusion_model.input_blocks.1.0.in_layers.2.weight"
    assert torch.equal(plain[name], narrow[name].float()) and set(exact) == set(state)
    assert torch.equal(exact[name], scaled[name].float() * scaled[name.replace(".weight", ".scale_weight")])
    assert (exact[name] - state[name]).abs().max() < (plain[name] - state[name]).abs().max() + 1e-3
    rest = wild.vae(zoo.pipe("sd1").vae), wild.clip(zoo.pipe("sd1").text_encoder, "cond_stage_model.transformer.")
    pipe = opened(stored(tmp_path / "whole.safetensors", scaled, *rest))
    assert torch.allclose(paint(pipe), paint(zoo.pipe("sd1")), atol=0.1)
    whole = {name: torch.zeros(4, 4, dtype=torch.int8) if name.endswith("to_q.weight") else tensor for name, tensor in state.items()}
    with pytest.raises(InputError, match="is quantised: .* holds whole numbers"):
        tensors.state(stored(tmp_path / "int8.safetensors", whole), torch.float32)


def test_a_gguf_file_paints_with_its_weights_quantised(zoo, tmp_path):
    gguf = pytest.importorskip("gguf")
    files = flux_files(zoo)
    path = tmp_path / "flux-Q8_0.gguf"
    writer = gguf.GGUFWriter(path, "flux")
    for name, tensor in wild.flux(zoo.pipe("flux").transformer).items():
        array = tensor.detach().numpy()
        if array.ndim == 2 and array.shape[1] % 32 == 0:
            writer.add_tensor(name, gguf.quantize(array, gguf.GGMLQuantizationType.Q8_0), raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    pipe = opened(path, part("text_encoder", files["clip"]), part("text_encoder", files["t5"]), part("vae", files["vae"]))
    kinds = {type(weight).__name__ for weight in pipe.transformer.parameters()}
    assert "GGUFParameter" in kinds
    assert torch.allclose(paint(pipe, max_sequence_length=16), paint(zoo.pipe("flux"), max_sequence_length=16), atol=0.02)


@pytest.mark.parametrize(("family", "part", "count"), [
    ("sd1", "unet", 859_520_964), ("sd1", "vae", 83_653_863), ("sd2", "text_encoder", 340_387_840),
    ("sdxl", "unet", 2_567_463_684), ("sdxl", "text_encoder_2", 694_659_840),
    ("sdxl_refiner", "unet", 2_259_526_660),
    pytest.param("sd3", "transformer", 2_028_328_000, marks=pytest.mark.slow), ("flux", "transformer", 11_901_408_320)])
def test_the_settings_that_come_along_are_of_the_size_that_their_authors_published(family, part, count):
    import diffusers
    import transformers
    from accelerate import init_empty_weights

    found = anatomy.settings(family)
    library, kind = found["model_index"][part]
    cls = getattr(diffusers if library == "diffusers" else transformers, kind)
    config = {name: value for name, value in found[part].items() if name not in ("_class_name", "architectures", "model_type")}
    with init_empty_weights():
        made = cls.from_config(config) if library == "diffusers" else cls(cls.config_class(**config))
    assert sum(weight.numel() for weight in made.parameters()) == count


def test_the_tokenizer_of_clip_is_that_of_its_authors():
    tokenizer = encoders.clip_tokenizer("!", 77)
    assert len(tokenizer) == 49408 and tokenizer.pad_token_id == 0
    assert tokenizer("a photo of a cat")["input_ids"] == [49406, 320, 1125, 539, 320, 2368, 49407]


@pytest.mark.parametrize(("names", "words"), [
    ({"lora_unet_x.lora_down.weight": (2, 2)}, "an adapter"), ({"text_model.encoder.layers.0.mlp.fc1.weight": (2, 2)}, "weights alone"),
    ({"some.weight": (2, 2)}, "holds nothing that paints")])
def test_a_file_that_does_not_paint_is_told_what_it_is(tmp_path, names, words):
    path = stored(tmp_path / "one.safetensors", {name: torch.zeros(shape) for name, shape in names.items()})
    assert words in problem(path) and not holds(path)


def test_a_checkpoint_is_a_model_in_a_graph_and_counts_by_its_content(zoo, tmp_path):
    (tmp_path / "one.safetensors").write_bytes(zoo.file("sd1").read_bytes())
    path = tmp_path / "graph.yaml"
    path.write_text("nodegraph: 1\nnodes: {p: {type: diffusion.paint, model: one.safetensors, prompt: a red boat, seed: 3, steps: 2, "
                    "width: 64, height: 64}}\noutputs: {p: $p}\n")
    with Engine(tmp_path / "cache") as engine:
        assert torch.allclose(engine.run(path)["p"], paint(zoo.pipe("sd1")), atol=1e-5)
        (tmp_path / "one.safetensors").rename(tmp_path / "two.safetensors")
        path.write_text(path.read_text().replace("one.", "two."))
        assert [node.status for node in engine.run(path).nodes.values()] == ["cached"] and engine.models.loads == 1
