"""What installing this project, or any extra of it, brings along; and what it must never bring.

A torchvision that was built for another PyTorch breaks diffusers and transformers as soon as it is there, TensorFlow and
CUDA's own packages are gigabytes for nothing. PyTorch is not looked into: which of its builds is there, is for each machine.
"""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from nodegraph.cli import doctor

ROOT = Path(__file__).parents[1]
FORBIDDEN = re.compile(r"torchvision|torchaudio|tensorflow.*|tf-.*|keras|nvidia-.*|cuda-.*|jax|jaxlib")
OWN_BUILDS = {"torch"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
ENVIRONMENTS = [{"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
                {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
                {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"}]


def applies(requirement, extras):
    """Whether a requirement counts for one of these extras ("" for none) on any of the three systems."""
    return requirement.marker is None or any(requirement.marker.evaluate({**system, "extra": extra})
                                             for system in ENVIRONMENTS for extra in extras)


def closure(words, told=requires):
    """What requirements bring along: name -> the way to it. told: what an installed distribution requires."""
    ways, stack, met = {}, [(Requirement(word), "") for word in words], set()
    while stack:
        requirement, way = stack.pop()
        name = canonicalize_name(requirement.name)
        here, extras = f"{way} > {name}".removeprefix(" > "), frozenset(requirement.extras) | {""}
        ways.setdefault(name, here)
        if (name, extras) in met or name in OWN_BUILDS or FORBIDDEN.fullmatch(name):
            continue
        met.add((name, extras))
        try:
            below = [Requirement(word) for word in told(name) or ()]
        except PackageNotFoundError:
            continue  # it is judged by its name alone
        stack += [(one, here) for one in below if applies(one, extras)]
    return ways


def forbidden(ways):
    """The ways to what must not be there."""
    return [way for name, way in ways.items() if FORBIDDEN.fullmatch(name)]


@pytest.mark.parametrize("extra", EXTRAS)
def test_nothing_brings_torchvision_tensorflow_or_packages_of_cuda(extra):
    assert forbidden(closure(EXTRAS[extra])) == []


def test_nothing_that_is_pinned_is_forbidden():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    names = [canonicalize_name(line.split("==")[0]) for line in lines if line and not line.startswith("#")]
    assert len(names) > 80 and [name for name in names if FORBIDDEN.fullmatch(name)] == []


def test_what_the_tests_run_with_is_pinned():
    pinned = {canonicalize_name(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()}
    here = {name for name in closure([*EXTRAS[""], *EXTRAS["test"]]) if _is_installed(name)}
    assert here - pinned - {"setuptools", "pip"} == set()


def _is_installed(name):
    try:
        requires(name)
    except PackageNotFoundError:
        return False
    return True


def test_a_way_through_other_distributions_and_their_extras_is_found():
    table = {"mender": ["painter[fast]>=1", "plain; sys_platform == 'never'"], "plain": ["tensorflow"],
             "painter": ["numpy", "torchvision>=0.2; extra == 'fast'", "nvidia-cuda-runtime; extra == 'slow'"],
             "numpy": None, "torch": ["nvidia-cudnn"]}
    assert forbidden(closure(["mender", "torch"], table.__getitem__)) == ["mender > painter > torchvision"]
    assert forbidden(closure(["painter", "torch"], table.__getitem__)) == []


def test_spandrel_is_asked_for_by_no_extra_since_it_names_torchvision():
    assert "spandrel" not in {name for words in EXTRAS.values() for name in closure(words)}


def test_the_doctor_tells_of_every_extra_and_of_what_it_takes():
    told = {extra: set(command.replace("&& pip install --no-deps", "").split()) for extra, (_, _, command) in doctor.EXTRAS.items()}
    told["upscale"] -= {"spandrel"}  # it is in no extra, since it would bring torchvision
    assert told == {extra: {Requirement(word).name for word in words} for extra, words in PROJECT["optional-dependencies"].items()
                    if extra not in ("test", "docs", "bench")}


def test_what_the_tests_were_run_with_can_be_had_by_the_oldest_python_of_the_project():
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"  # Debian 12 has 3.11.2, say
    pinned = {canonicalize_name(line.partition("==")[0]) for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if "==" in line}
    there = {canonicalize_name(found.metadata["Name"]): found.metadata["Requires-Python"] for found in distributions()}
    assert len(pinned & there.keys()) > 50
    assert [name for name in sorted(pinned & there.keys()) if not SpecifierSet(there[name] or "").contains(oldest)] == []
