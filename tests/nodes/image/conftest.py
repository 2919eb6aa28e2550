"""What tests of picture services share: a service on this machine, and an environment with keys."""

import pytest

from .server import KEY, serving


@pytest.fixture
def canned(monkeypatch):
    """The service, to be told what it answers; its address as `canned.url`."""
    for name, value in {"PAINTER_KEY": KEY, "OPENAI_API_KEY": "of-another-service", "OPENAI_ORG_ID": "org-of-another",
                        "OPENAI_ADMIN_KEY": "admin-of-another", "NO_PROXY": "127.0.0.1"}.items():
        monkeypatch.setenv(name, value)
    with serving() as service:
        yield service


@pytest.fixture
def pauses(monkeypatch):
    """The seconds that were waited between tries, and nobody waits."""
    from nodegraph_nodes.image import service

    waited = []

    async def pause(seconds):
        waited.append(seconds)

    monkeypatch.setattr(service, "pause", pause)
    return waited
