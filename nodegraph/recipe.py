"""How to get a model, which travels on a link in its place: a Recipe, and the patches that are put on the model."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Generic, NamedTuple, Self, TypeVar

_X = TypeVar("_X")


class Recipe(NamedTuple):
    """How to get a model: what travels on a link in its place.

    kind: the ModelType's name; of a patch, what sort of change it is ("lora", "vae", "cfg_rescale").
    source: "starter/poet", a folder, a file, or a hub name, as the user wrote it.
    folder: the folder or file where it was found. fingerprint: digest of its content; this counts in Keys, the place
    does not. options: pairs of further settings, as plain data, which count.
    patches: what is put on the model, in order: parts of it, small changes of its weights, settings.
    """

    kind: str
    source: str
    folder: str = ""
    fingerprint: bytes = b""
    options: tuple[tuple[str, Any], ...] = ()
    patches: tuple[Recipe, ...] = ()

    def with_option(self, name: str, value: Any) -> Self:
        """The same model with one setting changed."""
        return self._replace(options=tuple(sorted({**dict(self.options), name: value}.items())))

    def with_patch(self, patch: Recipe) -> Self:
        """The same model with one more patch, after those that it has."""
        return self._replace(patches=(*self.patches, patch))

    def narrowed(self, kinds: Collection[str]) -> Self:
        """The same model with those of its patches that are of some kinds."""
        if all(patch.kind in kinds for patch in self.patches):
            return self
        return self._replace(patches=tuple([patch for patch in self.patches if patch.kind in kinds]))

    @property
    def content(self) -> tuple[Any, ...]:
        """As plain data what of it counts, without its place; of a patch too, its settings alone if it has no file."""
        named = self.source if not self.fingerprint else ""
        return (self.kind, named, "", self.fingerprint, self.options,
                *((tuple([patch.content for patch in self.patches]),) if self.patches else ()))

    @property
    def placed(self) -> tuple[Any, ...]:
        """As plain data all of it, places as well."""
        return (*self[:5], *((tuple([patch.placed for patch in self.patches]),) if self.patches else ()))

    @classmethod
    def of(cls, plain: Any) -> Recipe:
        """The Recipe of which `content` or `placed` told."""
        kind, source, folder, fingerprint, options, *patches = plain
        return cls(kind, source, folder, fingerprint, tuple([(name, value) for name, value in options]),
                   tuple(map(cls.of, patches[0])) if patches else ())


class Uses(frozenset[str]):
    """The kinds of patches that a node needs of a model: `Annotated[DiffusionModel, Uses("lora", "text_encoder")]`.

    The others are taken off before the node is named and called, so that a change of them repeats nothing.
    """

    def __new__(cls, *kinds: str) -> Uses:
        return super().__new__(cls, kinds)


class Unloaded(Recipe, Generic[_X]):
    """What a parameter annotated `Unloaded[X]` is handed: the Recipe of a model of the kind X, which is not loaded.

        def warmer(model: Unloaded[Painter], amount: float) -> Unloaded[Painter]:
            return model.with_patch(Recipe("warmth", "", options=(("amount", amount),)))

    And what a node may return that gives a model: `-> Painter` is the same to the engine, but not to a type checker that knows
    what a Painter is.
    """
