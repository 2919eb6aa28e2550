"""What libraries report and log while a model loads is read: as an error, a warning, or nothing; never printed."""

import io
import logging
import threading
import warnings

import pytest

from nodegraph import InputError, Recipe
from nodegraph_nodes.common import loading as module
from nodegraph_nodes.common.loading import heard, in_words, loading, reason, weights_judged, without_adapter

RECIPE = Recipe("LanguageModel", "mine", "/nowhere")


def report(missing=(), unexpected=(), mismatched=()):
    return {"missing_keys": missing, "unexpected_keys": unexpected, "mismatched_keys": mismatched, "error_msgs": []}


def test_missing_weights_are_an_error_that_names_some():
    with pytest.raises(InputError, match=r"^unet lacks 4 of its weights \(a, b, c \.\.\.\), and what is missing"):
        weights_judged(report(missing={"d", "c", "b", "a"}), "unet")


def test_weights_of_another_size_are_an_error_with_both_sizes():
    wrong = {("b", (2, 3), (2, 4)), ("a", (), (5,))}
    with pytest.raises(InputError, match="^unet does not fit its config.json: a is one number in the file and 5 by the "
                                         "config, and 1 more; take both from one model$"):
        weights_judged(report(mismatched=wrong, missing={"c"}), "unet")


def test_weights_that_are_not_used_are_a_warning_but_for_needless_ones():
    needless = ["text_model.embeddings.position_ids", "h.0.attn.bias", "h.0.attn.masked_bias", "x.rotary_emb.inv_freq"]
    weights_judged(report(unexpected=[*needless, "encoder.conv.weight"]), "vae", harmless=[r"^encoder\."])
    with pytest.warns(UserWarning, match=r"^vae holds 1 weights that are not used \(encoder.conv.weight\)$"):
        weights_judged(report(unexpected=[*needless, "encoder.conv.weight"]), "vae")


def test_what_a_library_logs_is_told_once_and_what_is_harmless_or_of_another_thread_is_not(monkeypatch):
    import transformers  # noqa: F401 (it gives its log a handler)

    printed = io.StringIO()
    monkeypatch.setattr(logging.getLogger("transformers").handlers[0], "stream", printed)
    log, told = logging.getLogger("transformers.modeling_utils"), []
    with heard("transformers", harmless=["is deprecated"], tell=told.append):
        for words in ("Prompt is cut", "Prompt is cut", "`torch_dtype` is deprecated", "\x1b[1mtwo\nlines\x1b[0m"):
            log.warning(words)
        log.info("loaded")
        other = threading.Thread(target=log.warning, args=("of another thread",))
        other.start()
        other.join()
    assert told == ["Prompt is cut", "two lines"]
    log.warning("said afterwards")
    assert printed.getvalue().split("\n") == ["[transformers] of another thread", "[transformers] said afterwards", ""]


@pytest.mark.parametrize("error, says", [
    (OSError("no file named model.safetensors"), "no file named model.safetensors"),
    (RuntimeError("\x1b[1mError(s)\x1b[0m in loading:\n\tsize mismatch.\n\tYou may consider adding `ignore`."),
     "Error(s) in loading: size mismatch"),
    (ZeroDivisionError(), "ZeroDivisionError"),
    (ValueError("x contains custom code which must be executed. Please pass the argument `trust_remote_code=True`."),
     "it comes with code of its own, and no model's code is run here; take a model that the libraries know by "
     "themselves"),
])
def test_whatever_a_library_raises_is_one_sentence_with_the_model(error, says):
    with pytest.raises(InputError) as raised, loading(RECIPE, "transformers"):
        raise error
    remedy = "" if ";" in says else "; where its files are not those of one model, download it again"
    assert str(raised.value) == f"mine cannot be loaded as a LanguageModel: {says}{remedy}"
    assert reason(error) == says


@pytest.mark.parametrize("error", [InputError("unet is empty"), MemoryError(), KeyboardInterrupt(),
                                   type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory")])
def test_what_is_no_fault_of_the_folder_is_let_through(error):
    with pytest.raises(type(error)) as raised, loading(RECIPE, "transformers"):
        raise error
    assert raised.value is error


def test_a_panic_of_a_library_in_another_language_is_a_sentence():
    panic = type("PanicException", (BaseException,), {})("index out of bounds")
    with pytest.raises(InputError, match="mine cannot be loaded as a LanguageModel: index out of bounds"), \
            loading(RECIPE, "transformers"):
        raise panic


def test_an_adapter_is_left_out_of_what_a_library_sees_that_would_apply_it(tmp_path, monkeypatch):
    for name in ("config.json", "adapter_config.json", "adapter_model.safetensors"):
        (tmp_path / name).write_text("{}")
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.warns(UserWarning, match="mine holds an adapter"), without_adapter(tmp_path, "mine") as seen:
        assert seen == tmp_path
    monkeypatch.setattr(module, "find_spec", lambda name: name == "peft")
    with pytest.warns(UserWarning, match="mine holds an adapter"), without_adapter(tmp_path, "mine") as seen:
        assert [path.name for path in seen.iterdir()] == ["config.json"]
        assert (seen / "config.json").read_text() == "{}"
    assert not seen.exists() and (tmp_path / "adapter_config.json").exists()


def test_long_words_are_cut_and_advice_that_nobody_can_follow_is_left_out():
    assert in_words("It is wrong. Please set `use_kernels=True`. Sorry") == "It is wrong. Sorry"
    assert len(in_words("a b " * 400)) == 400 and in_words(KeyError("lm_head")) == "there is no 'lm_head'"


def test_tqdm_asks_nobody_in_a_notebook_for_widgets_that_nothing_here_draws():
    from tqdm import TqdmWarning
    from tqdm.notebook import WARN_NOIPYW

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        module.without_bars()
        warnings.warn(WARN_NOIPYW, TqdmWarning, stacklevel=1)
        warnings.warn("another", TqdmWarning, stacklevel=1)
    assert [str(one.message) for one in said] == ["another"]
