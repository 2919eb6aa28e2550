"""What jobs made: found again to be written to files and shown large."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from nodegraph import Engine, NodegraphError, PortType
from nodegraph.editing import Plan

from ..words.speak import t
from . import updates as up
from .gallery import LIMIT
from .hearing import SOUND, is_sound, sound_of
from .pictures import large_picture, named


class Product(NamedTuple):
    """Something that can be written to a file. plan: what made it, with the graph that the job was about."""

    type: PortType
    digest: bytes
    plan: Plan


Writer = Callable[[Engine, Product, str, Path], list[Path]]


class NotMade(NodegraphError):
    """Something is wanted that no job made."""


class Products:
    """What jobs made, by job and output, and what each port gave last. The worker's own."""

    def __init__(self) -> None:
        self._outputs: dict[int, dict[str, Product]] = {}  # by job, the newest last
        self.ports: dict[str, Product] = {}  # "node.port" -> what it gave last

    def find(self, job: int, output: str) -> Product | None:
        """What a job made under an output's name, or what "node.port" gave last."""
        return self._outputs.get(job, {}).get(output) or self.ports.get(output)

    def get(self, job: int, output: str) -> Product:
        """The same; raises NotMade where there is none."""
        found = self.find(job, output)
        if found is None:
            raise NotMade(t("run.not_made", output=output))
        return found

    def keep(self, job: int, made: dict[str, Product]) -> None:
        """Remember what a job made, as long as the gallery would show it."""
        if made:
            self._outputs[job] = made
        while len(self._outputs) > LIMIT:
            del self._outputs[next(iter(self._outputs))]

    def export(self, engine: Engine, job: int, output: str, path: Path, writer: Writer | None = None) -> up.Exported:
        """Write what a job made to a file; how it went."""
        return told(job, output, path, lambda: (writer or write)(engine, self.get(job, output), output, path))

    def write_value(self, engine: Engine, job: int, output: str, type: PortType, digest: bytes, path: Path) -> up.Exported:
        """Write a Value that is remembered from an earlier session; how it went."""
        def save() -> list[Path]:
            path.parent.mkdir(parents=True, exist_ok=True)
            return engine.save(type, digest, path)
        return told(job, output, path, save)

    def enlarge(self, engine: Engine, job: int, output: str, side: int) -> up.Enlarged:
        """Make a larger picture of what a job made; it, or why there is none."""
        try:
            made = self.get(job, output)
            picture = large_picture(engine, made.type, made.digest, side)
        except KeyError:
            return up.Enlarged(job, output, None, t("run.let_go", output=output))
        except NotMade as error:
            return up.Enlarged(job, output, None, str(error))
        except Exception as error:
            return up.Enlarged(job, output, None, t("run.cannot_show", output=output, why=named(error)))
        return up.Enlarged(job, output, picture)


def told(job: int, output: str, path: Path, work: Callable[[], list[Path]]) -> up.Exported:
    """How it goes to write a file."""
    try:
        return up.Exported(job, output, tuple(work()))
    except KeyError:
        return up.Exported(job, output, (), t("run.let_go", output=output))
    except NotMade as error:
        return up.Exported(job, output, (), str(error))
    except Exception as error:
        return up.Exported(job, output, (), t("run.not_written", output=output, path=path, why=named(error)))


def sound_for(engine: Engine, made: Product, path: Path) -> PortType | None:
    """The sound that a product has to be made into to be written to a file; None where it is written as it is."""
    if path.suffix != f".{SOUND}" or is_sound(made.type) or hasattr(made.digest, "items"):
        return None
    return sound_of(engine.catalogue, made.type)


def write(engine: Engine, made: Product, output: str, path: Path) -> list[Path]:
    """Write a product to a file, as sound where the file's name says so; the files written."""
    sound = sound_for(engine, made, path)
    if sound is None:
        return engine.save(made.type, made.digest, path, plan=made.plan, output=output)
    sound.exports[SOUND](engine.convert(made.type, made.digest, sound), path)
    return [path]
