"""What lies in the folder of a model, told by its small files: which kind of model, or what in the place of one.

The words stand behind the folder's name: "is empty", "holds a diffusion pipeline (FluxPipeline)". No library is asked,
so that a graph can be checked at once; where these files leave it open, whoever loads the model finds out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .weights import PICKLES, absent, header, other_kind, problem, single_file, unreadable

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.json",
                   "vocab.txt", "tekken.json", "tiktoken.model")

_BESIDE = ("tokenizer_config.json", "merges.txt", "added_tokens.json", "special_tokens_map.json", "chat_template.jinja")

# What models of other kinds are called, by the model_type of their config.json.
_TEXT_TO_TEXT = {"t5": "T5", "mt5": "mT5", "umt5": "UMT5", "longt5": "LongT5", "switch_transformers": "Switch",
                 "t5gemma": "T5Gemma", "bart": "BART", "mbart": "mBART", "led": "LED", "mvp": "MVP", "plbart": "PLBart",
                 "pegasus": "Pegasus", "pegasus_x": "Pegasus-X", "marian": "Marian", "m2m_100": "M2M100",
                 "blenderbot": "Blenderbot", "blenderbot-small": "Blenderbot", "prophetnet": "ProphetNet",
                 "fsmt": "FSMT", "nllb-moe": "NLLB", "bigbird_pegasus": "BigBird-Pegasus", "encoder-decoder": ""}
_ENCODERS = {"bert": "BERT", "roberta": "RoBERTa", "xlm-roberta": "XLM-R", "distilbert": "DistilBERT",
             "albert": "ALBERT", "electra": "ELECTRA", "deberta": "DeBERTa", "deberta-v2": "DeBERTa",
             "camembert": "CamemBERT", "mpnet": "MPNet", "modernbert": "ModernBERT", "longformer": "Longformer",
             "big_bird": "BigBird", "roformer": "RoFormer", "ernie": "ERNIE", "nomic_bert": "NomicBERT",
             "eurobert": "EuroBERT", "esm": "ESM", "layoutlm": "LayoutLM", "xmod": "X-MOD"}
_PICTURES = {"clip": "CLIP", "clip_text_model": "CLIP", "clip_vision_model": "CLIP", "siglip": "SigLIP",
             "siglip2": "SigLIP", "chinese_clip": "CLIP", "vit": "ViT", "vit_mae": "ViT", "deit": "DeiT",
             "beit": "BEiT", "swin": "Swin", "swinv2": "Swin", "convnext": "ConvNeXt", "convnextv2": "ConvNeXt",
             "dinov2": "DINOv2", "dinov3_vit": "DINOv3", "resnet": "ResNet", "segformer": "SegFormer", "detr": "DETR",
             "dpt": "DPT", "sam": "SAM", "sam2": "SAM", "mobilenet_v2": "MobileNet", "efficientnet": "EfficientNet",
             "depth_anything": "Depth Anything", "owlvit": "OWL-ViT", "yolos": "YOLOS"}
_SPEECH = {"whisper": "Whisper", "wav2vec2": "wav2vec 2.0", "hubert": "HuBERT", "wavlm": "WavLM",
           "speech_to_text": "Speech2Text", "moonshine": "Moonshine", "clap": "CLAP"}
_VOICES = {"vits": "VITS", "speecht5": "SpeechT5", "bark": "Bark", "musicgen": "MusicGen", "encodec": "EnCodec",
           "dac": "DAC", "seamless_m4t": "SeamlessM4T"}
_FAMILIES = ((_TEXT_TO_TEXT, "a text-to-text model"), (_ENCODERS, "a model that reads texts and writes none"),
             (_PICTURES, "a model that reads pictures"), (_SPEECH, "a model that listens"),
             (_VOICES, "a model that makes sound"))
_TASKS = {"ForSequenceClassification": "a classifier of texts", "ForTokenClassification": "a classifier of words",
          "ForQuestionAnswering": "a model that finds answers in a text", "ForMultipleChoice": "a model that chooses",
          "ForMaskedLM": "a model that fills in masked words", "ForImageClassification": "a classifier of pictures",
          "ForObjectDetection": "a model that finds things in pictures", "ForCTC": "a model that writes down speech",
          "ForSpeechSeq2Seq": "a model that writes down speech", "ForRewardModel": "a model that rates answers",
          "ForAudioClassification": "a classifier of sounds"}

_COUNTS = {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "n_embd", "n_layer", "n_head"}


def settings(path: Path) -> dict[str, Any]:
    """A JSON file with a mapping. Raises ValueError with one sentence where it is none."""
    absence = unreadable(path)
    if absence:
        raise ValueError(absence)
    try:
        content = path.read_bytes()
        told = json.loads(content)
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        wrong = other_kind(path.name, content[:512], "settings") if content.strip()[:1] not in (b"{", b"[") else ""
        raise ValueError(wrong or f"{path.name} is not JSON, or cut short; download it again") from None
    if not isinstance(told, dict):
        raise ValueError(f"{path.name} is JSON and no mapping of settings; download it again")
    return told


def described(folder: Path) -> str:
    """What lies in a folder, or at a path that is none."""
    misplaced = elsewhere(folder)
    if misplaced:
        return misplaced
    try:
        config = settings(folder / "config.json")
    except ValueError as wrong:
        return f"cannot be loaded: {wrong}"
    return other_task(config) or f"holds a {'music' if is_of_notes(folder) else 'language'} model ({_class_of(config)})"


def elsewhere(folder: Path) -> str:
    """What is there if it cannot be the folder of one network: a file, nothing, a pipeline, an adapter ...; or ""."""
    if folder.is_file():
        return f"is a file, and a folder is wanted{_of_file(folder)}"
    if (folder / "model_index.json").is_file():
        return f"holds a diffusion pipeline{_pipeline(folder)}"
    if (folder / "config.json").exists() or (folder / "config.json").is_symlink():
        return ""
    return absent(folder)


def network_problem(folder: Path, *names: str) -> str:
    """Why a folder does not hold the one network, as safetensors without a config, whose weights have these names; or ""."""
    path = folder / "model.safetensors"
    if not path.exists() or (folder / "config.json").exists():
        return elsewhere(folder) or "holds another kind of model"
    wrong = problem(path)
    if wrong:
        return f"cannot be loaded: {wrong}"
    return "" if set(names) <= set(header(path)) else "holds another kind of network"


def _of_file(path: Path) -> str:
    if (path.parent / "config.json").is_file() or (path.parent / "model_index.json").is_file():
        return f"; give the one that it lies in, {path.parent}"
    if path.suffix == ".safetensors":
        return f": {single_file(path)}"
    if path.suffix in PICKLES:
        return ": this one is a pickle, which is code when it is loaded and is not opened here; store it as safetensors"
    if path.suffix == ".gguf":
        return ": this one is GGUF, for llama.cpp, which is not read here; take the model's safetensors"
    return ""


def _pipeline(folder: Path) -> str:
    try:
        name = settings(folder / "model_index.json").get("_class_name")
    except ValueError:
        return ""
    return f" ({name})" if isinstance(name, str) else ""


def other_task(config: dict[str, Any]) -> str:
    """What a config.json is of, if that is no causal language model; "" where it is one or leaves it open."""
    name, kind = _class_of(config), str(config.get("model_type"))
    if "_diffusers_version" in config or "_class_name" in config:
        return f"holds a part of a diffusion pipeline ({config.get('_class_name', 'of diffusers')})"
    if name.endswith(("ForCausalLM", "LMHeadModel")) and (kind not in _ENCODERS or config.get("is_decoder") is True):
        return ""
    for types, words in _FAMILIES:
        if kind in types:
            return f"is {words} ({types[kind] or name})"
    for ending, words in _TASKS.items():
        if name.endswith(ending):
            return f"is {words} ({name})"
    if config.get("is_encoder_decoder") is True:
        return f"is a text-to-text model ({name})"
    return ""


def _class_of(config: dict[str, Any]) -> str:
    classes = config.get("architectures")
    first = classes[0] if isinstance(classes, list) and classes else config.get("model_type")
    return str(first or "of no architecture")


def causal_problem(folder: Path) -> str:
    """Why a folder is not that of a causal language model; "" if its small files say nothing against it."""
    misplaced = elsewhere(folder)
    if misplaced:
        return misplaced
    try:
        return other_task(settings(folder / "config.json"))
    except ValueError as wrong:
        return f"cannot be loaded: {wrong}"


def settings_problem(folder: Path) -> str:
    """What the settings of a language model leave open that nobody should make up; "" if nothing."""
    try:
        told = settings(folder / "config.json")
        path = folder / "generation_config.json"
        wishes = settings(path) if path.exists() or path.is_symlink() else {}
    except ValueError as wrong:
        return f"cannot be loaded: {wrong}"
    if not isinstance(told.get("model_type"), str):
        return ("cannot be loaded: config.json does not say which kind of model it is of (model_type); download it "
                "again")
    for name in _COUNTS & set(told):
        if not _is_count(told[name]) and (name == "vocab_size" or told[name] is not None):
            return (f"cannot be loaded: config.json gives {name} as {json.dumps(told[name])[:60]}, and it takes a whole "
                    "number above 0; take the config.json that belongs to the model")
    for of, values in (("config.json", told), ("generation_config.json", wishes)):
        ends = values.get("eos_token_id")
        if any(type(end) is not int for end in (ends if isinstance(ends, list) else [] if ends is None else [ends])):
            return (f"cannot be loaded: {of} gives eos_token_id as {json.dumps(ends)[:60]}, and it takes the number of a "
                    f"token, or a list of such; take the {of} that belongs to the model")
    return ""


def _is_count(value: Any) -> bool:
    """Whether a setting may be a number of things; those of nested models are left to who loads them."""
    return isinstance(value, (list, dict)) or (type(value) is int and value > 0)


def tokenizer_problem(folder: Path) -> str:
    """Why there is no tokenizer of words in a folder; "" if its files say nothing against it."""
    names = [name for name in TOKENIZER_FILES if (folder / name).exists() or (folder / name).is_symlink()]
    if not names and "rename" in unreadable(folder / TOKENIZER_FILES[0]):
        return f"cannot be loaded: {unreadable(folder / TOKENIZER_FILES[0])}"
    if not names:
        return "has no tokenizer (tokenizer.json, or tokenizer.model); take it from where the model came from"
    if is_of_notes(folder):
        return "holds a music model: its tokenizer.json is of notes, saved by miditok"
    for name in (*names, *_BESIDE):
        path = folder / name
        wrong = glanced_problem(path) if path.exists() or path.is_symlink() else ""
        if wrong:
            return f"cannot be loaded: {wrong}"
    return ""


def glanced_problem(path: Path) -> str:
    """What is wrong with a file of a tokenizer, by its first and last bytes: some have many megabytes."""
    wrong = unreadable(path)
    if wrong:
        return wrong
    head, tail = _ends(path)
    if path.suffix != ".json":
        is_other = head.startswith((b"version https://git-lfs", b"<"))
        return other_kind(path.name, head[:512], "tokenizer") if is_other else ""
    if head.lstrip()[:1] != b"{":
        return other_kind(path.name, head[:512], "tokenizer") or f"{path.name} is not JSON; download it again"
    return "" if tail.rstrip()[-1:] == b"}" else f"{path.name} is cut short; download it again"


def _ends(path: Path, size: int = 1 << 16) -> tuple[bytes, bytes]:
    """The first and the last bytes of a file."""
    with path.open("rb") as file:
        head = file.read(size)
        file.seek(max(0, path.stat().st_size - size))
        return head, file.read(size)


def is_of_notes(folder: Path) -> bool:
    """Whether the tokenizer of a folder is one that miditok saved, which names its kind at the end."""
    path = folder / "tokenizer.json"
    return path.is_file() and any(b'"tokenization"' in part for part in _ends(path))
