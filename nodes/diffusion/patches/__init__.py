"""What is put on a live pipeline and taken off again: other parts, learned words, adapters, settings of its networks.

One live pipeline serves all recipes that differ in these. `fit` brings it from one set of patches to another; what is
in both stays where it is. Kinds that are not known here are for those who sample to read from `pipe.patches`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nodegraph import Recipe

from ...common.loading import loading
from .components import Spares, components
from .loras import put_on, take_off
from .merges import Merges, is_merged
from .settings import Settings
from .words import Words

PARTS = ("vae", "text_encoder")
WORDS = "textual_inversion"
PREVIEW = "preview"


class Bench:
    """The state of a live pipeline: what was changed about it, so that it can be undone.

    visits: function(pipe) that has its networks visit the device in turns, where they do not live there.
    place: the folder or file that the pipeline came from.
    """

    def __init__(self, pipe: Any, visits: Callable[[Any], None] | None = None, place: Path = Path()):
        self.pipe = self.variant = pipe
        self.visits, self.place = visits, place
        self.spares, self.words, self.merges, self.settings = Spares(), Words(), Merges(place), Settings()
        self.structure: tuple[Recipe, ...] = ()

    def fit(self, recipe: Recipe) -> Any:
        """The pipeline with the patches of a recipe on, and no others."""
        structure = tuple([patch for patch in recipe.patches if patch.kind in (*PARTS, WORDS)])
        if structure != self.structure:
            self.rebuild(structure)
        merged = [patch for patch in recipe.patches if is_merged(patch)]
        put_on(self.variant, [patch for patch in recipe.patches if patch.kind == "lora" and patch not in merged])
        self.merges.put_on(self.variant, merged)
        self.settings.put_on(self.variant, recipe.patches)
        preview = [patch for patch in recipe.patches if patch.kind == PREVIEW]
        self.variant.previewer = self.spares.part(self.variant, PREVIEW, preview[-1]) if preview else None
        self.variant.patches = recipe.patches
        return self.variant

    def rebuild(self, structure: tuple[Recipe, ...]) -> None:
        """Make the pipeline anew, of the same networks where no other is asked for."""
        self.settings.put_on(self.variant, ())
        take_off(self.variant)
        self.merges.take_off()
        self.words.take_off()
        if self.visits is not None:
            self.variant.remove_all_hooks()
        self.variant = components(self.pipe, [patch for patch in structure if patch.kind in PARTS], self.spares)
        self.variant = self.words.put_on(self.variant, [patch for patch in structure if patch.kind == WORDS])
        self.structure = structure
        if self.visits is not None:
            self.visits(self.variant)


def fit(pipe: Any, recipe: Recipe) -> Any:
    """The pipeline with the patches of a recipe on. Raises InputError for one that does not belong to this model."""
    from ..models import HARMLESS

    with loading(recipe, "diffusers", "transformers", harmless=HARMLESS):
        return pipe.bench.fit(recipe)
