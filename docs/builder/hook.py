"""Hands MkDocs the pages and media that are made and not written. `mkdocs.yml` names this file.

Media are made by running the graphs, and none is committed: a picture on a page is what its graph makes today.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from mkdocs.config.defaults import MkDocsConfig  # noqa: E402
from mkdocs.structure.files import File, Files  # noqa: E402
from mkdocs.structure.pages import Page  # noqa: E402

from docs.builder import pages  # noqa: E402
from docs.builder.blocks import blocks, put_files  # noqa: E402
from docs.builder.media import Made, Studio  # noqa: E402
from nodegraph import load  # noqa: E402
from nodegraph.documents import Description  # noqa: E402
from nodegraph.packs import Catalogue  # noqa: E402
from nodegraph.shipped import graph_files  # noqa: E402

EXAMPLES = ROOT / "docs" / "examples"
SHOWN = {"album": ("sheet",), "book": ("book",), "exhibition": ("wall",), "postcard": ("card", "verse", "sound"),
         "prints": ("wall",), "selection": ("all",), "suite": ("roll", "sound"), "tunes": ("roll", "sound"),
         "band": ("roll", "sound"), "continued": ("roll", "sound"), "game-loop": ("roll", "sound"),
         "grooves": ("roll", "sound"), "jazz-trio": ("roll", "sound"),
         "picture-music": ("picture", "roll", "sound"), "song": ("page", "sound")}
CACHE = Path(os.environ.get("NODEGRAPH_DOCS_CACHE", ROOT / ".cache" / "docs"))
FOLLOWED = [ROOT / "docs/tutorial.md", *sorted((ROOT / "docs/howto").glob("*.md"))]
MADE: dict[str, dict[str, Made]] = {}  # what the graphs of a page made, by page and by the name of the graph's file
PICTURES = ROOT / "graphs" / "pictures"
MEDIA = os.environ.get("NODEGRAPH_DOCS_MEDIA", "all") != "none"  # none: pages without what graphs made, in seconds


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the made pages where the navigation names their folders."""
    listed = {"reference/": [{"All nodes": "reference/index.md"},
                             *({pack: [{name: f"reference/{name}.md"} for name in names]}
                               for pack, names in pages.packs(Catalogue()).items())],
              "decisions/": [f"decisions/{path.name}" for path in sorted((ROOT / "docs/decisions").glob("*.md"))]}
    config.nav = _filled(config.nav, listed)
    return config


def _filled(nav: Any, listed: dict[str, list[Any]]) -> Any:
    if isinstance(nav, list):
        return [_filled(item, listed) for item in nav]
    if isinstance(nav, dict):
        return {title: _filled(item, listed) for title, item in nav.items()}
    return listed.get(nav, nav)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and the files that they show."""
    maker = Maker(config, files)
    maker.page("notebook.md", pages.notebook_page(ROOT / "docs" / "notebook.ipynb"))
    maker.nodes()
    maker.gallery()
    for path in FOLLOWED:
        maker.follow(path)
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Put what its graphs make into a page that is followed."""
    return pages.followed(markdown, MADE.get(page.file.src_uri, {}))


def _wants(graph: Path) -> bool:
    """Whether a graph has inputs that somebody must give."""
    return any(not given.has_default for given in load(graph).inputs.values())


class Maker:
    """Makes pages, and runs the graphs on them."""

    def __init__(self, config: MkDocsConfig, files: Files):
        self.config, self.files = config, files
        self.studio = Studio(CACHE) if MEDIA else None

    def page(self, uri: str, text: str) -> None:
        """Add a page."""
        self.files.append(File.generated(self.config, uri, content=text))

    def made(self, path: Path, folder: str, only: tuple[str, ...] | None = None, studio: Studio | None = None) -> Made:
        """What a graph made, its files put beside the pages of a folder."""
        studio = studio or self.studio
        if studio is None:
            return Made("\nNothing: this site was built without running graphs.\n")
        made = studio.made(path, only)
        for name, file in made.files.items():
            self.files.append(File.generated(self.config, f"{folder}made/{name}", abs_src_path=str(file)))
        return made

    def nodes(self) -> None:
        """A page for each node type, and one for all."""
        catalogue = Catalogue()
        self.page("reference/index.md", pages.nodes_page(catalogue))
        for name in catalogue.node_names():
            nodetype, example = catalogue.nodetype(name), EXAMPLES / f"{name}.yaml"
            assert nodetype is not None
            made = None if _wants(example) else self.made(example, "reference/")
            self.page(f"reference/{name}.md", pages.node_page(Description.of(nodetype), example.read_text("utf-8"), made))

    def gallery(self) -> None:
        """The page of the graphs that come along."""
        graphs = {path: load(path) for path in graph_files().values()}
        made = {path: self.made(path, "", SHOWN.get(path.stem)) for path in graphs}
        self.page("gallery.md", pages.gallery_page(graphs, made))

    def follow(self, path: Path) -> None:
        """Do what a page says, in a folder with a photo and a folder of photos, and keep what its graphs make."""
        text, uri = path.read_text("utf-8"), path.relative_to(ROOT / "docs").as_posix()
        graphs = [block.file for block in blocks(text) if block.file.endswith(".yaml")]
        if self.studio is None or not graphs:
            return
        desk = CACHE / "desk" / uri
        shutil.copytree(PICTURES, desk / "photos", dirs_exist_ok=True)
        shutil.copy(PICTURES / "cat.jpg", desk / "photo.jpg")
        shutil.copy(PICTURES.parent / "scores" / "amazing-grace.mid", desk / "tune.mid")
        put_files(text, desk)
        studio = Studio(CACHE, tuple(desk / block.file for block in blocks(text) if block.file.endswith(".py")))
        folder = uri.removesuffix(path.name)
        MADE[uri] = {name: self.made(desk / name, folder, studio=studio) for name in graphs if not _wants(desk / name)}
