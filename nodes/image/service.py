"""A service that speaks the OpenAI images API: one call to it, asked again where that helps, each refusal in a sentence.

What is known of the key is the name of the environment variable that holds it. Its value goes to the service and nowhere
else: no sentence holds it, and errors of the library, which carry what was sent, are not passed on.
"""

from __future__ import annotations

import asyncio
import email.utils
import os
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from nodegraph import InputError, warn

VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
LONGEST_WAIT = 120.0  # seconds that a service may ask for before the next try
_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504, 529)
_LOCAL = ("localhost", "127.0.0.1", "::1")
_POLICY = ("content_policy_violation", "moderation_blocked", "content_filter")
_LARGEST_DOWNLOAD = 200 * 2**20  # bytes

pause = asyncio.sleep


@dataclass(frozen=True)
class Service:
    """Where a service is, the environment variable with its key ("" for none), and how patiently it is asked.

    seconds: that one try may take. retries: tries after the first.
    """

    base_url: str
    variable: str
    seconds: float
    retries: int

    @property
    def host(self) -> str:
        """Its name for people, with the port where it has one."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2]

    @property
    def key(self) -> str:
        """The key. Raises InputError where the environment has none."""
        key = os.environ.get(self.variable, "").strip() if self.variable else ""
        if self.variable and not key:
            raise InputError(f"the environment has no {self.variable}, which {self.host} wants a key from; set it "
                             f"(export {self.variable}=...), or leave key_variable empty for a service without keys")
        return key


def address_problem(base_url: str, variable: str) -> str:
    """Why a service cannot be asked, by its address and the name of its key; "" if it can."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "base_url is no address of a service; it takes one such as https://api.openai.com/v1"
    if parts.username or parts.password or parts.query:
        return ("base_url holds more than an address; a key is given by the environment, and key_variable takes the name "
                "of its variable")
    if variable and not VARIABLE.fullmatch(variable):
        return ("key_variable takes the name of an environment variable (OPENAI_API_KEY), and never a key itself: what "
                "stands in a graph is written into its pictures")
    return ""


async def asked(service: Service, call: Callable[[Any], Awaitable[Any]], said: Callable[[str], None]) -> Any:
    """What a call to a service gives; asked again after a while where it is busy or failed.

    call: takes the library's client. said: told in a few words what is waited for; it may raise Cancelled.
    Raises InputError with one sentence for whatever the service refuses.
    """
    openai = _library()
    key = service.key
    _warn_of_open_keys(service, key)
    client = openai.AsyncOpenAI(api_key=key or "none", base_url=service.base_url, max_retries=0, timeout=service.seconds,
                                organization="", project="")
    async with client:
        for tries in range(1, service.retries + 2):
            said(f"waiting for {service.host}")
            try:
                async with asyncio.timeout(service.seconds):
                    return await call(client)
            except (TimeoutError, openai.APITimeoutError):
                raise InputError(f"{service.host} did not answer within {service.seconds:g} seconds; give it more "
                                 "(seconds). It is not asked again by itself, since it may count each call") from None
            except (openai.OpenAIError, ValueError) as error:
                wait = _wait(error, tries) if tries <= service.retries else None
                if wait is None:
                    raise InputError(_cleared(_sentence(service, error, tries), key)) from None
            said(f"{service.host} is busy; asking again in {wait:.0f} seconds")
            await pause(wait)


def _library() -> Any:
    try:
        import openai
    except ImportError:
        raise InputError("image.api asks services through the library openai, which is not installed: pip install "
                         "\"openai>=3,<4\"") from None
    return openai


def _warn_of_open_keys(service: Service, key: str) -> None:
    parts = urlsplit(service.base_url)
    if key and parts.scheme == "http" and parts.hostname not in _LOCAL:
        warn(f"the key for {service.host} goes over the network unencrypted; use https, or an empty key_variable")


def _cleared(words: str, key: str) -> str:
    """A sentence without the key, should a service repeat it."""
    return words.replace(key, "(the key)") if len(key) > 3 else words


# ---- asking again

def _wait(error: Exception, tries: int) -> float | None:
    """Seconds until the next try; None where another would help nobody."""
    status = getattr(error, "status_code", None)
    if status is None:
        return _backoff(tries) if _was_cut_off(error) else None
    if status not in _AGAIN or getattr(error, "code", None) == "insufficient_quota":
        return None
    told = _retry_after(error.response.headers.get("retry-after"))  # type: ignore[attr-defined]
    if told is None:
        return _backoff(tries)
    return told if told <= LONGEST_WAIT else None


def _backoff(tries: int) -> float:
    return min(30.0, 2.0 ** (tries - 1))


def _was_cut_off(error: Exception) -> bool:
    """Whether a connection that stood ended in the middle."""
    return type(error.__cause__).__name__ in ("RemoteProtocolError", "ReadError", "WriteError")


def _retry_after(told: str | None) -> float | None:
    """The seconds that a Retry-After asks for, be it a number or a date; None where it is neither."""
    if told is None:
        return None
    try:
        return max(0.0, float(told))
    except ValueError:
        date = email.utils.parsedate_tz(told)
        return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else None


# ---- sentences

def _sentence(service: Service, error: Exception, tries: int) -> str:
    status = getattr(error, "status_code", None)
    if status is None or isinstance(error, ValueError):
        return _connection_sentence(service, error)
    told = _told(error)
    host, code = service.host, str(getattr(error, "code", None) or "")
    tried = f", asked {tries} times" if tries > 1 else ""
    if code in _POLICY:
        return f"{host} refuses this by its rules{told}; word the prompt in another way"
    if code == "insufficient_quota":
        return f"the account at {host} is used up{told}; see to its plan"
    if status == 401:
        return f"{host} does not accept the key{told}; " + (
            f"see that {service.variable} holds one that is valid there" if service.variable else
            "name the environment variable that holds one (key_variable)")
    if status == 403:
        return f"{host} does not allow this{told}; see what the key may do there"
    if status == 404:
        return f"{host} has no such thing{told}; see that it has the model, and that base_url is right (it often ends in /v1)"
    if status == 429:
        wait = _retry_after(error.response.headers.get("retry-after"))  # type: ignore[attr-defined]
        later = f"in {wait:.0f} seconds" if wait else "later"
        return f"{host} is asked too often{tried}{told}; run it again {later}, or with fewer pictures"
    if status >= 500 or status in _AGAIN:
        return f"{host} failed ({status}{tried}){told}; run it again later"
    return f"{host} does not take this call ({status}){told}; see which model, size and quality it has"


def _connection_sentence(service: Service, error: Exception) -> str:
    if isinstance(error, ValueError) or type(error).__name__ == "APIResponseValidationError":
        return f"{service.host} answers with something that is no JSON; see that base_url is right (it often ends in /v1)"
    if _was_cut_off(error):
        return f"{service.host} broke off the connection again and again; run it again later"
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return f"{service.host} cannot be reached ({_short(str(cause) or type(cause).__name__)}); see that base_url is right " \
           "and that the service runs"


def _told(error: Exception) -> str:
    """What the service says by itself, as ": ...", in a line."""
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    if not isinstance(message, str):
        return ""
    return f": {_short(message).rstrip('.')}"


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= 240 else line[:237] + "..."


# ---- pictures that lie at an address

async def fetched(service: Service, address: str) -> bytes:
    """What lies at an address that a service gave for a picture. Raises InputError where that cannot be had."""
    import httpx2

    if urlsplit(address).scheme not in ("http", "https"):
        raise InputError(f"{service.host} gives an address for its picture that cannot be followed; take response_format "
                         "b64_json")
    content = bytearray()
    try:
        async with httpx2.AsyncClient(timeout=service.seconds, follow_redirects=True) as client, \
                client.stream("GET", address) as answer:
            answer.raise_for_status()
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > _LARGEST_DOWNLOAD:
                    raise InputError(f"the picture of {service.host} is larger than {_LARGEST_DOWNLOAD >> 20} MB")
    except httpx2.HTTPStatusError as error:
        raise InputError(f"the picture of {service.host} cannot be fetched ({error.response.status_code}); such addresses "
                         "end after a while: run it again, or take response_format b64_json") from None
    except httpx2.HTTPError as error:
        raise InputError(f"the picture of {service.host} cannot be fetched ({_short(str(error)) or type(error).__name__}); "
                         "take response_format b64_json") from None
    return bytes(content)
