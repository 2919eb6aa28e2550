"""A picture service on this machine: what it is sent, what it may answer, and that the key is seen nowhere."""

import asyncio
import base64
import email.utils
import io
import json
import logging
import socket
import sys
import threading
import time

import pytest
import torch
from PIL import Image as Pil

from nodegraph import Context, Engine, InputError
from nodegraph.cli import main
from nodegraph_nodes.image.api import api
from nodegraph_nodes.image.service import VARIABLE, address_problem

from .server import KEY, png

GRAPH = """
nodegraph: 1
inputs: {{take: 0}}
nodes:
  asked: {{type: image.api, prompt: a red boat, model: painter-1, size: 8x6, n: 2, base_url: "{url}", key_variable: PAINTER_KEY, take: $take}}
outputs: {{pictures: $asked.images, source: $asked.source}}
"""


def ask(canned, **given):
    return asyncio.run(api(**{"prompt": "a red boat", "ctx": Context(), "size": "8x8", "base_url": canned.url,
                              "key_variable": "PAINTER_KEY", **given}))


def sent(canned, at=0):
    return json.loads(canned.requests[at][2])


# ---- what is asked, and what comes

def test_a_call_is_the_one_that_everyone_knows(canned):
    made = ask(canned, model="dall-e-2", n=2, size="16x8", quality="hd", response_format="b64_json")
    path, headers, _ = canned.requests[0]
    assert path == "/v1/images/generations" and headers["authorization"] == f"Bearer {KEY}"
    assert sent(canned) == {"prompt": "a red boat", "model": "dall-e-2", "n": 2, "size": "16x8", "quality": "hd",
                            "response_format": "b64_json"}
    assert [image.shape for image in made.images] == [(3, 8, 16)] * 2
    assert torch.equal(made.images[0][:, 0, 0], torch.tensor([1.0, 0.0, 0.0]))
    assert made.source == f"dall-e-2 at {canned.url[7:-3]}, 2023-11-14 22:13 UTC"
    assert made.prompts == ["a red boat"] * 2


def test_what_is_left_empty_is_left_to_the_service(canned):
    made = ask(canned, size="")
    assert sent(canned) == {"prompt": "a red boat", "n": 1}
    assert made.source.startswith("a model that it chose at")


def test_nothing_of_another_service_is_sent(canned):
    ask(canned)
    told = " ".join(f"{name}: {value}" for name, value in canned.requests[0][1].items())
    assert "another" not in told


def test_a_service_without_keys_is_asked_without(canned):
    ask(canned, key_variable="")
    assert KEY not in str(canned.requests[0][1])


def test_an_address_is_followed_without_the_key(canned):
    canned.then(200, {"data": [{"url": canned.url[:-3] + "/picture.png", "revised_prompt": "a small red boat"}]})
    made = ask(canned)
    assert torch.equal(made.images[0][:, 0, 0], torch.tensor([0.0, 0.0, 1.0]))
    assert made.prompts == ["a small red boat"]
    assert canned.requests[1][0] == "/picture.png" and KEY not in str(canned.requests[1])


def test_pictures_are_sent_to_be_changed_with_holes_where_the_mask_is(canned):
    picture = torch.zeros(3, 8, 8)
    mask = torch.zeros(1, 8, 8)
    mask[:, :4] = 1
    ask(canned, images=[picture], mask=mask)
    path, headers, content = canned.requests[0]
    assert path == "/v1/images/edits" and headers["content-type"].startswith("multipart/form-data")
    files = [content[at:] for at in range(len(content)) if content.startswith(b"\x89PNG", at)]
    assert b'name="image"' in content and b'name="mask"' in content and len(files) == 2
    alpha = Pil.open(io.BytesIO(files[1])).getchannel("A")
    assert [alpha.getpixel((0, y)) for y in (0, 3, 4, 7)] == [0, 0, 255, 255]


def test_several_pictures_are_sent_together(canned):
    ask(canned, images=[torch.zeros(3, 8, 8), torch.ones(3, 8, 8)])
    assert canned.requests[0][2].count(b'name="image[]"') == 2


def test_a_mask_wants_its_picture_of_its_size(canned):
    with pytest.raises(InputError, match="mask is given and images is not"):
        ask(canned, mask=torch.zeros(1, 8, 8))
    with pytest.raises(InputError, match=r"mask is 9 x 8 and the first of images is 8 x 8; mask.resize"):
        ask(canned, images=[torch.zeros(3, 8, 8)], mask=torch.zeros(1, 8, 9))
    assert not canned.requests


def test_another_size_or_count_than_was_asked_for_is_told(canned):
    canned.then(200, {"data": [{"b64_json": base64.b64encode(png(4, 4)).decode()}]})
    with pytest.warns(UserWarning) as told:
        ask(canned, n=2)
    assert [str(one.message).split(" was ", 1)[1] for one in told] == ["asked for 2 pictures and made 1",
                                                                       "asked for 8x8 and made 4x4"]


# ---- what is refused

@pytest.mark.parametrize("status, code, message, words", [
    (400, "content_policy_violation", "Your request was rejected.", "refuses this by its rules: Your request was rejected; word"),
    (400, None, "Invalid size.", r"does not take this call \(400\): Invalid size; see which model"),
    (401, "invalid_api_key", "Incorrect API key.", "does not accept the key: Incorrect API key; see that PAINTER_KEY holds"),
    (403, None, "No.", "does not allow this: No; see"),
    (404, "model_not_found", "No model x.", "has no such thing: No model x; see that it has the model"),
    (422, None, "n is 11", r"does not take this call \(422\): n is 11"),
    (429, "insufficient_quota", "You exceeded your quota.", "is used up: You exceeded your quota; see to its plan"),
])
def test_a_refusal_is_a_sentence_and_is_not_asked_again(canned, pauses, status, code, message, words):
    canned.refuse(status, message, code)
    with pytest.raises(InputError, match=words):
        ask(canned)
    assert len(canned.requests) == 1 and not pauses


def test_a_busy_service_is_asked_again_when_it_says_and_else_after_longer_and_longer(canned, pauses):
    date = email.utils.formatdate(time.time() + 60, usegmt=True)
    canned.refuse(429, "Slow down.", retry_after="7").refuse(503, "Down.").then("break").refuse(500, "Oops.", retry_after=date)
    assert len(ask(canned).images) == 1
    assert pauses[:3] == [7.0, 2.0, 4.0] and 50 < pauses[3] <= 60
    assert len(canned.requests) == 5


def test_a_service_that_stays_busy_is_told_with_how_often_it_was_asked(canned, pauses):
    for _ in range(3):
        canned.refuse(500, "Oops.")
    with pytest.raises(InputError, match=r"failed \(500, asked 3 times\): Oops; run it again later"):
        ask(canned, retries=2)
    assert pauses == [1.0, 2.0]


def test_a_wait_that_is_too_long_is_left_to_the_person(canned, pauses):
    canned.refuse(429, "Slow down.", retry_after="3600")
    with pytest.raises(InputError, match="is asked too often: Slow down; run it again in 3600 seconds"):
        ask(canned)
    assert not pauses


def test_a_connection_that_always_breaks_is_told(canned, pauses):
    canned.then("break").then("break")
    with pytest.raises(InputError, match="broke off the connection again and again"):
        ask(canned, retries=1)


def test_nobody_there_is_told_at_once(canned, pauses):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match=rf"127.0.0.1:{port} cannot be reached \(.*\); see that base_url"):
        ask(canned, base_url=f"http://127.0.0.1:{port}/v1")
    assert not pauses


def test_a_service_that_says_nothing_is_given_up_and_not_asked_twice(canned, pauses):
    canned.then("hang")
    with pytest.raises(InputError, match=r"did not answer within 0\.2 seconds; give it more"):
        ask(canned, seconds=0.2)
    assert len(canned.requests) == 1


@pytest.mark.parametrize("body, headers, words", [
    (b"<html>Welcome</html>", {"content_type": "text/html"}, "something else than pictures; see that base_url"),
    (b"{oops", {}, "something that is no JSON; see that base_url"),
    ({"text": "hello"}, {}, "something else than pictures"),
    ({"data": []}, {}, "no picture at all"),
    ({"data": [{}]}, {}, "neither a picture nor an address"),
    ({"data": [{"b64_json": "!!!"}]}, {}, "a form that is not base64"),
    ({"data": [{"b64_json": base64.b64encode(b"words").decode()}]}, {}, "something that is no picture that can be read: it"),
    ({"data": [{"b64_json": base64.b64encode(png()[:40]).decode()}]}, {}, "something that is no picture that can be read: it"),
    ({"data": [{"url": "file:///etc/passwd"}]}, {}, "an address for its picture that cannot be followed"),
])
def test_an_answer_that_is_none_is_a_sentence(canned, body, headers, words):
    canned.then(200, body, **headers)
    with pytest.raises(InputError, match=words) as caught:
        ask(canned)
    assert "/tmp" not in str(caught.value)


def test_an_address_that_ended_is_told(canned):
    canned.then(200, {"data": [{"url": canned.url[:-3] + "/old.png"}]})
    with pytest.raises(InputError, match=r"cannot be fetched \(410\); such addresses end"):
        ask(canned)


@pytest.mark.parametrize("base_url, variable, words", [
    ("api.openai.com", "KEY", "base_url is no address"),
    ("https://me:secret@host/v1", "KEY", "more than an address"),
    ("https://host/v1", "sk-abc", "never a key itself"),
    ("https://host/v1", "0123456789abcdef", "never a key itself"),
])
def test_addresses_and_keys_in_the_wrong_place_are_refused_without_being_repeated(base_url, variable, words):
    said = address_problem(base_url, variable)
    assert words in said and "secret" not in said and "sk-" not in said
    assert VARIABLE.fullmatch("OPENAI_API_KEY") and address_problem("http://localhost:8000/v1", "") == ""


def test_a_key_that_is_not_there_is_told_with_its_variable(canned, monkeypatch):
    monkeypatch.delenv("PAINTER_KEY")
    with pytest.raises(InputError, match=r"has no PAINTER_KEY, .* set it \(export PAINTER_KEY=\.\.\.\)"):
        ask(canned)


def test_a_key_that_would_be_seen_on_its_way_is_warned_of(canned, monkeypatch):
    with pytest.warns(UserWarning, match="goes over the network unencrypted"), pytest.raises(InputError):
        ask(canned, base_url="http://nowhere.invalid/v1", retries=0)


def test_without_the_library_its_name_is_told(canned, monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(InputError, match='pip install "openai'):
        ask(canned)


# ---- runs

@pytest.fixture
def graph(canned, tmp_path):
    path = tmp_path / "service.yaml"
    path.write_text(GRAPH.format(url=canned.url))
    return path


def test_a_run_asks_once_and_remembers(graph, canned, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    for _ in range(2):
        assert main(["run", str(graph), "--out", str(tmp_path / "out"), "--overwrite"]) == 0
    assert len(canned.requests) == 1
    assert main(["run", str(graph), "--out", str(tmp_path / "out"), "--overwrite", "--set", "take=1"]) == 0
    assert len(canned.requests) == 2
    assert "painter-1 at 127.0.0.1" in next((tmp_path / "out").glob("source*")).read_text()


def test_the_key_is_in_nothing_that_is_written_or_said(graph, canned, tmp_path, monkeypatch, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NODEGRAPH_TRACE", "1")
    assert main(["run", str(graph), "--out", str(tmp_path / "out")]) == 0
    canned.refuse(401, f"Incorrect API key provided: {KEY}.")
    assert main(["run", str(graph), "--out", str(tmp_path / "out"), "--set", "take=2"]) == 1
    streams = capsys.readouterr()
    assert "Incorrect API key provided: (the key)" in streams.err
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".png" for path in files) and any("cache" in str(path) for path in files)
    for words in (streams.out, streams.err, caplog.text, *(path.read_bytes().decode("latin-1") for path in files)):
        assert KEY not in words


def test_a_list_of_prompts_is_asked_for_all_at_once(canned, tmp_path):
    canned.meeting = threading.Barrier(3, timeout=10)  # nobody is answered before all three have asked
    path = tmp_path / "many.yaml"
    path.write_text("nodegraph: 1\nnodes:\n  asked: {type: image.api, each: prompt, prompt: [a, b, c], size: 8x8, "
                    f"base_url: \"{canned.url}\", key_variable: \"\"}}\noutputs: {{pictures: $asked.images}}\n")
    with Engine(cache=tmp_path / "cache") as engine:
        made = engine.run(path)
        assert not made.errors and [len(images) for images in made["pictures"]] == [1, 1, 1]
    assert sorted(sent(canned, k)["prompt"] for k in range(3)) == ["a", "b", "c"]


def test_a_run_that_is_stopped_does_not_wait_for_the_answer(graph, canned, tmp_path):
    canned.then("hang")
    stop = threading.Event()

    def stopper():
        while not canned.requests:
            time.sleep(0.01)
        stop.set()

    threading.Thread(target=stopper, daemon=True).start()
    with Engine(cache=tmp_path / "cache") as engine:
        assert engine.run(graph, cancel=stop).cancelled
    assert not canned.release.is_set()  # the service is still at it


def test_what_cannot_be_asked_is_found_by_check(tmp_path, capsys):
    path = tmp_path / "wrong.yaml"
    path.write_text("nodegraph: 1\nnodes:\n  a: {type: image.api, prompt: x, size: large}\noutputs: {a: $a.images}\n")
    main(["check", str(path)])
    streams = capsys.readouterr()
    assert "size takes a width and a height" in streams.out + streams.err
