"""The node that has pictures made, or changed, by a service on the network."""

from __future__ import annotations

import base64
import io
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from nodegraph import Context, InputError, Range, node, warn

from ..media.image import to_pil
from ..media.pictures import files
from ..media.types import Image, Mask
from .service import Service, address_problem, asked, fetched

HOME = "https://api.openai.com/v1"


class Pictures(NamedTuple):
    """What a service gave."""

    images: list[Image]
    prompts: list[str]
    source: str


def _problem(size: str = "", base_url: str = HOME, key_variable: str = "") -> str:
    """What can be said against a call before it is made."""
    if not re.fullmatch(r"(auto|[1-9]\d{0,4}x[1-9]\d{0,4})?", size):
        return "size takes a width and a height with an x between them, such as 1024x1024, or auto"
    return address_problem(base_url, key_variable)


@node("image.api", version=1, refuses=_problem)
async def api(prompt: str, ctx: Context, model: str = "", n: Annotated[int, Range(1, 10)] = 1, size: str = "1024x1024",
              quality: str = "", images: list[Image] | None = None, mask: Mask | None = None,
              response_format: Literal["auto", "b64_json", "url"] = "auto",
              base_url: str = HOME, key_variable: str = "OPENAI_API_KEY",
              seconds: Annotated[float, Range(1, 3600)] = 180.0, retries: Annotated[int, Range(0, 20)] = 4,
              take: Annotated[int, Range(0, 1_000_000)] = 0) -> Pictures:
    """Have pictures made by a service that speaks the OpenAI images API, or pictures changed. It may cost money: what was
    made once is remembered, and asked for again only when something here changes.

    prompt: what to make, or what to change.
    model: by the service's own name; empty leaves it to the service.
    n: how many pictures; some models make one at a time.
    size: width and height in pixels, such as 1024x1024, or auto; empty leaves it to the service.
    quality: one of the model's own words (standard, hd, low, high ...); empty leaves it to the service.
    images: pictures to change; some models take one.
    mask: where the first of them is to be changed: 1 is made anew, 0 stays.
    response_format: how the pictures are sent, where the model lets one choose: inside the answer, or as an address.
    base_url: the address of the service, with its /v1 if it has one.
    key_variable: the NAME of the environment variable that holds the key, never the key. Empty for none.
    seconds: how long one call may take.
    retries: how often it is asked again when it is busy, fails or breaks off.
    take: another number asks anew for what is the same otherwise.
    prompts: for each picture the prompt that it was made from, as some services reword it.
    source: which service and model made them, and when.
    """
    service = Service(base_url, key_variable, seconds, retries)
    given = {"prompt": prompt, "n": n, "model": model, "size": size, "quality": quality,
             "response_format": "" if response_format == "auto" else response_format, **_pictures_given(images, mask)}
    call = {name: value for name, value in given.items() if value != ""}

    def said(words: str) -> None:
        ctx.report(0, 1, words)

    kind = "edit" if images else "generate"
    answer = await asked(service, lambda client: getattr(client.images, kind)(**call), said)
    made = [await _read(service, item) for item in _items(service, answer)]
    ctx.report(1, 1)
    _tell_difference(service, made, n, size)
    prompts = [getattr(item, "revised_prompt", None) or prompt for item in answer.data]
    return Pictures(made, prompts, _source(service, answer, model))


def _pictures_given(images: list[Any] | None, mask: Any) -> dict[str, Any]:
    """Pictures as files of PNG. A mask goes as alpha: what is transparent is made anew."""
    if not images:
        if mask is not None:
            raise InputError("mask is given and images is not; a mask says where a picture is to be changed")
        return {}
    sent = [_file(f"image{k}.png", to_pil(image)) for k, image in enumerate(images)]
    given: dict[str, Any] = {"image": sent[0] if len(sent) == 1 else sent}
    if mask is not None:
        first = images[0]
        if mask.shape[1:] != first.shape[1:]:
            raise InputError(f"mask is {mask.shape[2]} x {mask.shape[1]} and the first of images is {first.shape[2]} x "
                             f"{first.shape[1]}; mask.resize brings it to that size (like:)")
        given["mask"] = _file("mask.png", to_pil(_with_holes(first, mask)))
    return given


def _with_holes(image: Any, mask: Any) -> Any:
    import torch

    return torch.cat([image[:3], 1 - mask])


def _file(name: str, picture: Any) -> tuple[str, bytes, str]:
    """As the library takes files."""
    content = io.BytesIO()
    picture.save(content, "PNG")
    return name, content.getvalue(), "image/png"


def _items(service: Service, answer: Any) -> list[Any]:
    """The pictures in an answer, not read yet."""
    items = getattr(answer, "data", None)
    if not isinstance(items, list):
        raise InputError(f"{service.host} answers with something else than pictures; see that base_url is right (it often "
                         "ends in /v1)")
    if not items:
        raise InputError(f"{service.host} answers with no picture at all; run it again with another take")
    return items


async def _read(service: Service, item: Any) -> Any:
    """A picture that was sent, or lies at an address that was."""
    packed, address = getattr(item, "b64_json", None), getattr(item, "url", None)
    if packed:
        try:
            content = base64.b64decode(packed, validate=True)
        except ValueError:
            raise InputError(f"{service.host} sends a picture in a form that is not base64; run it again, or take "
                             "response_format url") from None
    elif address:
        content = await fetched(service, address)
    else:
        raise InputError(f"{service.host} sends neither a picture nor an address of one; see that it speaks the images API")
    return _decoded(service, content)


def _decoded(service: Service, content: bytes) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer"
        path.write_bytes(content)
        try:
            return files.load(path)
        except InputError as error:
            why = str(error).replace(f"{path}", "it")
            raise InputError(f"{service.host} sends something that is no picture that can be read: {why}") from None


def _tell_difference(service: Service, made: list[Any], n: int, size: str) -> None:
    if len(made) != n:
        warn(f"{service.host} was asked for {n} pictures and made {len(made)}")
    sizes = sorted({f"{image.shape[2]}x{image.shape[1]}" for image in made} - {size})
    if "x" in size and sizes:
        warn(f"{service.host} was asked for {size} and made {' and '.join(sizes)}")


def _source(service: Service, answer: Any, model: str) -> str:
    """One line on where pictures come from."""
    named = getattr(answer, "model", None) or model or "a model that it chose"
    created = getattr(answer, "created", None)
    when = f", {datetime.fromtimestamp(created, UTC):%Y-%m-%d %H:%M} UTC" if isinstance(created, int) and created > 0 else ""
    return f"{named} at {service.host}{when}"
