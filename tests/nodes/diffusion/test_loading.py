"""Folders as downloads, clones and other programs leave them: painted rightly, or refused in a sentence."""

import json
import os
import re
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from nodegraph import Engine, GraphError, events

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")

UNET, VAE, TEXT = "unet/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.safetensors", \
    "text_encoder/model.safetensors"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 4976698672\n"


@pytest.fixture(scope="module")
def engine():
    return Engine(cache=None, device="cpu")


@pytest.fixture
def painted(engine, tmp_path, capfd):
    """function(folder, more) -> (picture or None, sentence, warnings), as a run of diffusion.paint gives them."""
    def paint(folder, **more):
        asked = {"type": "diffusion.paint", "model": str(folder), "prompt": "a cat", "steps": 1, **more}
        graph = tmp_path / "graph.yaml"
        graph.write_text(json.dumps({"nodegraph": 1, "nodes": {"n": asked}, "outputs": {"out": "$n"}}))
        told = []
        capfd.readouterr()
        try:
            result = engine.run(engine.load(str(graph)), {},
                                emit=lambda e: told.append(e.message) if isinstance(e, events.Warned) else None)
        except GraphError as error:
            return None, str(error), told
        assert not any(error.trace for error in result.errors), [error.trace for error in result.errors]
        printed = capfd.readouterr()
        assert printed.err == "" and printed.out == ""
        return result.get("out", None), "\n".join(e.message for e in result.errors), told
    return paint


@pytest.fixture
def copied(checkpoints, tmp_path):
    """function(kind) -> a copy of that checkpoint, to be damaged."""
    def copy(kind="sd"):
        return shutil.copytree(checkpoints / kind, tmp_path / f"my-{kind}")
    return copy


def kept(path, keep):
    """Leave the weights in a file for whose names keep() is true."""
    save_file({name: tensor.clone() for name, tensor in load_file(path).items() if keep(name)}, path,
              metadata={"format": "pt"})


def changed(path, **settings):
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))


def halved(path):
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])


def linked(path):
    path.unlink()
    os.symlink("../../blobs/0123", path)


def pickled(folder):
    for path in folder.rglob("*.safetensors"):
        torch.save({"weight": torch.zeros(1)}, path.with_suffix(".bin"))
        path.unlink()


def sharded(folder):
    path = folder / UNET
    names = list(load_file(path))
    first = folder / "unet" / "diffusion_pytorch_model-00001-of-00002.safetensors"
    path.rename(first)
    kept(first, lambda name: name in names[:9])
    index = {name: first.name if name in names[:9] else first.name.replace("1-of", "2-of") for name in names}
    (folder / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))


def only(folder, *names):
    for path in folder.iterdir():
        if path.name not in names:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def quantised(folder, method):
    changed(folder / "unet" / "config.json", quantization_config={"quant_method": method, "load_in_8bit": True})


def adapter_alone(folder):
    only(folder)
    save_file({"unet.to_q.lora_A.weight": torch.zeros(4, 4)}, folder / "pytorch_lora_weights.safetensors")


def one_file(folder):
    only(folder)
    save_file({"model.diffusion_model.x.weight": torch.zeros(4, 4)}, folder / "sd15.safetensors")


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)


def index_part(folder, name, value):
    changed(folder / "model_index.json", **{name: value})


def not_numbers(folder):
    tensors = {name: tensor * float("nan") for name, tensor in load_file(folder / UNET).items()}
    save_file(tensors, folder / UNET, metadata={"format": "pt"})


def emptied_words(folder):
    path = folder / "tokenizer" / "tokenizer.json"
    told = json.loads(path.read_text())
    told["model"]["vocab"] = {word: number for word, number in told["model"]["vocab"].items() if number < 2}
    told["model"]["merges"] = []
    path.write_text(json.dumps(told))


def modular(folder, kind):
    """Make a folder that of a modular pipeline, as diffusers saves one."""
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").unlink()
    made = {"_class_name": kind, "_blocks_class_name": kind.replace("ModularPipeline", "AutoBlocks")}
    for name, value in index.items():
        if isinstance(value, list) and None not in value:
            made[name] = [*value, {"pretrained_model_name_or_path": str(folder), "subfolder": name, "type_hint": value}]
        elif not isinstance(value, list) and not name.startswith("_"):
            made[name] = value
    made["controlnet"] = [None, None, {"pretrained_model_name_or_path": None, "type_hint": ["diffusers", "ControlNetModel"]}]
    (folder / "modular_model_index.json").write_text(json.dumps(made))


def torchvision(folder):
    (folder / "processor").mkdir()
    (folder / "processor/preprocessor_config.json").write_text("{}")
    index_part(folder, "processor", ["transformers", "Qwen2VLProcessor"])


REFUSED = {
    "unet without half its weights": (lambda f: kept(f / UNET, lambda n: "mid_block" not in n),
                                      "unet lacks 46 of its weights"),
    "vae without half its weights": (lambda f: kept(f / VAE, lambda n: "decoder.up" not in n),
                                     "vae lacks .*decoder.up_blocks"),
    "text encoder without half its weights": (lambda f: kept(f / TEXT, lambda n: "layers.1" not in n),
                                              "text_encoder lacks .*layers.1"),
    "unet cut short": (lambda f: halved(f / UNET), "unet.*diffusion_pytorch_model.safetensors is cut short.*download"),
    "text encoder cut short": (lambda f: halved(f / TEXT), "text_encoder.*model.safetensors is cut short"),
    "empty vae": (lambda f: written(f, VAE, b""), "vae.*is empty .0 bytes."),
    "Git LFS pointer": (lambda f: written(f, UNET, LFS), "unet.*pointer of Git LFS; run git lfs pull"),
    "error page": (lambda f: written(f, VAE, b"<!DOCTYPE html><html>403</html>"), "vae.*web page"),
    "dead link": (lambda f: linked(f / UNET), "unet.*link to a file that is not there"),
    "dead link to a config": (lambda f: linked(f / "unet/config.json"), "in its unet, config.json"),
    "shard missing": (sharded, "unet.*00002-of-00002.safetensors .*not there"),
    "pickles only": (pickled, "(unet|vae|text_encoder) holds its weights as a pickle"),
    "no unet": (lambda f: shutil.rmtree(f / "unet"), "its unet is not there"),
    "no vae": (lambda f: shutil.rmtree(f / "vae"), "its vae is not there"),
    "no scheduler": (lambda f: shutil.rmtree(f / "scheduler"), "its scheduler is not there"),
    "no tokenizer": (lambda f: shutil.rmtree(f / "tokenizer"), "its tokenizer is not there"),
    "tokenizer without files": (lambda f: (f / "tokenizer/tokenizer.json").unlink(), "tokenizer has no vocabulary"),
    "tokenizer without words": (emptied_words, "tokenizer has an empty vocabulary"),
    "tokenizer cut short": (lambda f: halved(f / "tokenizer/tokenizer.json"),
                            "in its tokenizer, tokenizer.json is cut short"),
    "scheduler settings cut short": (lambda f: halved(f / "scheduler/scheduler_config.json"), "scheduler_config.json"),
    "unet settings missing": (lambda f: (f / "unet/config.json").unlink(), "in its unet, config.json is not there"),
    "unet settings of another size": (lambda f: changed(f / "unet/config.json", block_out_channels=[16, 32]),
                                      "unet does not fit its config.json: .*conv"),
    "text encoder settings of another size": (lambda f: changed(f / "text_encoder/config.json", vocab_size=100),
                                              "text_encoder does not fit its config.json"),
    "index cut short": (lambda f: halved(f / "model_index.json"), "model_index.json"),
    "index without a class": (lambda f: written(f, "model_index.json", b"{}"), "does not say which pipeline"),
    "own pipeline": (lambda f: changed(f / "model_index.json", _class_name=["pipeline", "Mine"]),
                     "code that comes with the folder"),
    "own unet": (lambda f: (index_part(f, "unet", ["mine", "MyUnet"]),
                            written(f, "unet/mine.py", b"raise SystemExit('it ran')")),
                 "code that comes with the folder .mine.py"),
    "settings of nobody": (lambda f: (f / "scheduler" / "scheduler_config.json").write_text("{}"),
                           "in its scheduler, scheduler_config.json does not say whose settings it holds"),
    "steps of another kind": (lambda f: changed(f / "scheduler" / "scheduler_config.json",
                                                _class_name="FlowMatchEulerDiscreteScheduler"),
                              "is of a FlowMatchEulerDiscreteScheduler, and model_index.json names a"),
    "steps in words": (lambda f: changed(f / "scheduler" / "scheduler_config.json", num_train_timesteps="1000"),
                       'scheduler_config.json gives num_train_timesteps as "1000", and it takes a whole'),
    "unet of a size in words": (lambda f: changed(f / "unet" / "config.json", sample_size="x"),
                                'config.json gives sample_size as "x", and it takes'),
    "vae of no scale": (lambda f: changed(f / "vae" / "config.json", scaling_factor="x"),
                        'config.json gives scaling_factor as "x", and it takes a number above 0'),
    "part of null": (lambda f: changed(f / "model_index.json", unet=None), "model_index.json says of unet null"),
    "no part of the pipeline": (lambda f: changed(f / "model_index.json", _class_name="StableDiffusionXLPipeline"),
                                "model_index.json names no text_encoder_2, which a StableDiffusionXLPipeline has"),
    "tokenizer that pads with nothing": (lambda f: changed(f / "tokenizer" / "tokenizer_config.json", pad_token=None),
                                         "does not have a padding token"),
    "tokenizer of another shape": (lambda f: (f / "tokenizer" / "tokenizer.json").write_text("{}"),
                                   "its tokenizer cannot be read: .*; take the whole folder tokenizer from one"),
    "betas that are too few": (lambda f: changed(f / "scheduler" / "scheduler_config.json", trained_betas=[0.1]),
                               "refuses this: .*its settings are not those of its weights"),
    "no index": (lambda f: (f / "model_index.json").unlink(),
                 "holds the parts of a diffusion pipeline, but model_index.json is not there; download"),
    "weights of a unet gone": (lambda f: (f / "unet" / "diffusion_pytorch_model.safetensors").unlink(),
                               "its unet holds no weights: diffusion_pytorch_model.safetensors is not there"),
    "weights under transformers' name": (
        lambda f: (f / "unet" / "diffusion_pytorch_model.safetensors").rename(f / "unet" / "model.safetensors"),
        "diffusers looks for diffusion_pytorch_model.safetensors; if that is its file, rename it"),
    "unknown pipeline": (lambda f: changed(f / "model_index.json", _class_name="DreamPipeline"),
                         "DreamPipeline, is none that diffusers .* has; take"),
    "unknown unet": (lambda f: index_part(f, "unet", ["diffusers", "DreamUnet"]),
                     "unet is of the class DreamUnet, which the diffusers"),
    "unknown library": (lambda f: index_part(f, "unet", ["dreams", "DreamUnet"]), "unet is of the library dreams"),
    "quantised by bitsandbytes": (lambda f: quantised(f, "bitsandbytes"), "unet is quantised .bitsandbytes."),
    "quantised by torchao": (lambda f: quantised(f, "torchao"), "unet is quantised .torchao."),
    "quantised by gguf": (lambda f: quantised(f, "gguf"), "unet is quantised .gguf."),
    "an adapter alone": (adapter_alone, "holds an adapter .LoRA, pytorch_lora_weights.safetensors.*merge it"),
    "one checkpoint in a file": (one_file, "holds sd15.safetensors .*diffusion model in one file"),
    "GGUF alone": (lambda f: (only(f), written(f, "sd.gguf", b"GGUF\3")), "holds a GGUF file"),
    "one part alone": (lambda f: (only(f), shutil.copytree(f.parent / "whole/unet", f, dirs_exist_ok=True)),
                       "part of a diffusion pipeline .UNet2DConditionModel.; give the folder around it"),
    "a modular pipeline of blocks alone": (lambda f: modular(f, "Flux3ModularPipeline"),
                                           "is a modular pipeline .Flux3ModularPipeline.*has no pipeline of the same parts"),
    "a modular pipeline whose parts are elsewhere": (
        lambda f: (modular(f, "StableDiffusionModularPipeline"), shutil.rmtree(f / "vae")),
        "its vae does not lie in the folder, where a StableDiffusionPipeline has one; fetch it from where modular_model_index"),
    "a modular pipeline of code": (lambda f: (modular(f, "StableDiffusionModularPipeline"), written(f, "block.py", b"1")),
                                   "its blocks are code that comes with the folder .modular_model_index.json"),
    "a processor that wants torchvision": (torchvision, "processor is a Qwen2VLProcessor, which wants torchvision"),
    "unet that is not a number": (not_numbers, "numbers that are none .NaN.*--dtype float32"),
    "nothing": (only, "is empty"),
}


def test_a_modular_pipeline_whose_parts_lie_in_its_folder_paints_as_the_plain_one(painted, copied):
    folder = copied("xl")
    plain, sentence, _ = painted(folder)
    assert plain is not None, sentence
    modular(folder, "StableDiffusionXLModularPipeline")
    image, sentence, _ = painted(folder)
    assert image is not None and (image == plain).all(), sentence


@pytest.mark.parametrize("name", REFUSED)
def test_a_damaged_pipeline_is_refused_in_one_sentence_that_names_what_is_wrong(painted, copied, checkpoints, name):
    damage, words = REFUSED[name]
    folder = copied()
    if name == "one part alone":
        os.symlink(checkpoints / "whole", folder.parent / "whole")
    damage(folder)
    image, sentence, _told = painted(folder)
    assert image is None
    assert re.search(words, sentence), sentence
    assert "trust_remote_code" not in sentence and "Traceback" not in sentence


def test_a_refiner_says_that_it_starts_from_a_picture(painted, copied):
    folder = copied("xl")
    changed(folder / "model_index.json", _class_name="StableDiffusionXLImg2ImgPipeline", requires_aesthetics_score=True)
    assert "also needs a picture to start from" in painted(folder)[1]


@pytest.mark.parametrize("kind", ["StableDiffusionInpaintPipeline", "StableDiffusionImg2ImgPipeline"])
def test_a_folder_for_another_task_whose_network_paints_from_words_does(painted, copied, kind):
    folder = copied()
    plain, _, _ = painted(folder)
    changed(folder / "model_index.json", _class_name=kind)
    image, sentence, _ = painted(folder)
    assert sentence == "" and torch.allclose(image, plain, atol=1e-5)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "all"])
def test_files_of_half_precision_alone_are_loaded(painted, copied, part):
    folder = copied()
    plain, _, _ = painted(folder)
    for path in list((folder if part == "all" else folder / part).rglob("*.safetensors")):
        path.rename(path.with_name(f"{path.stem}.fp16.safetensors"))
    image, sentence, told = painted(folder)
    assert sentence == "" and told == [] and torch.equal(image, plain)


@pytest.mark.parametrize("kind", ["sd", "xl", "sd3", "flux", "pixart"])
def test_a_whole_pipeline_of_each_family_paints_without_a_word(painted, checkpoints, kind):
    side = {"flux": 256, "pixart": 256}.get(kind, 32)
    image, sentence, told = painted(checkpoints / kind, width=side, height=side)
    assert (sentence, told) == ("", []) and image.shape == (3, side, side)


def test_settings_of_the_first_years_are_mended_without_a_word(painted, copied):
    folder = copied()
    changed(folder / "scheduler/scheduler_config.json", _class_name="DDIMScheduler", clip_sample=True, steps_offset=0)
    image, _sentence, told = painted(folder)
    assert image is not None and told == []


def test_a_folder_without_its_checker_and_what_looks_for_it_is_whole(painted, copied):
    folder = copied()
    index_part(folder, "safety_checker", ["stable_diffusion", "StableDiffusionSafetyChecker"])
    index_part(folder, "feature_extractor", ["transformers", "CLIPImageProcessor"])
    image, _sentence, told = painted(folder)
    assert image is not None and told == []


def test_code_beside_a_text_encoder_of_a_known_class_is_not_run(painted, copied):
    folder = copied()
    plain, _, _ = painted(folder)
    changed(folder / "text_encoder/config.json", auto_map={"AutoModel": "mine.Mine"})
    written(folder, "text_encoder/mine.py", b"raise SystemExit('it ran')")
    assert torch.equal(painted(folder)[0], plain)


def test_tokenizer_settings_that_are_missing_are_read_off_the_encoder(painted, copied):
    folder = copied()
    plain, _, _ = painted(folder)
    (folder / "tokenizer/tokenizer_config.json").unlink()
    image, sentence, _told = painted(folder)
    assert sentence == "" and torch.equal(image, plain)


def test_weights_under_the_names_of_older_versions_are_read(painted, copied):
    folder = copied()
    plain, _, _ = painted(folder)
    older = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}

    def renamed(name):
        for new, old in older.items():
            name = name.replace(new, old) if "attentions" in name else name
        return name

    save_file({renamed(name): tensor for name, tensor in load_file(folder / VAE).items()}, folder / VAE,
              metadata={"format": "pt"})
    words = {f"text_model.{name}": tensor for name, tensor in load_file(folder / TEXT).items()}
    words["text_model.embeddings.position_ids"] = torch.arange(16)[None]
    save_file(words, folder / TEXT, metadata={"format": "pt"})
    image, sentence, told = painted(folder)
    assert (sentence, told) == ("", []) and torch.equal(image, plain)


def test_weights_that_are_not_used_are_told(painted, copied):
    folder = copied()
    tensors = load_file(folder / UNET)
    save_file({**tensors, "odd.weight": torch.zeros(2)}, folder / UNET, metadata={"format": "pt"})
    image, _, told = painted(folder)
    assert image is not None and "unet" in told[0] and "odd.weight" in told[0]


def test_an_adapter_beside_a_model_is_told_and_not_used(painted, copied):
    folder = copied()
    plain, _, _ = painted(folder)
    save_file({"unet.to_q.lora_A.weight": torch.zeros(4, 4)}, folder / "style.safetensors")
    image, _, told = painted(folder)
    assert len(told) == 1 and "style.safetensors lies in the model's folder and is not used" in told[0]
    assert torch.equal(image, plain)


@pytest.mark.parametrize("name, words", [("sd.safetensors", "is a file that holds nothing that paints"),
                                         ("sd.ckpt", "is a checkpoint in one file, and a pickle"),
                                         ("sd.gguf", "is no GGUF file")])
def test_a_file_that_is_no_model_is_named_before_anything_runs(painted, tmp_path, name, words):
    path = tmp_path / name
    if name.endswith(".safetensors"):
        save_file({"some.weight": torch.zeros(4, 4)}, path)
    else:
        path.write_bytes(b"PK\3\4")
    _image, sentence, _ = painted(path)
    assert words in sentence and "graph.yaml:" in sentence


def test_a_language_model_is_told_from_a_painter_by_check(painted, tmp_path):
    (tmp_path / "llama").mkdir()
    (tmp_path / "llama/config.json").write_text('{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}')
    _image, sentence, _ = painted(tmp_path / "llama")
    assert "holds a language model (LlamaForCausalLM)" in sentence and "starter/painter" in sentence
