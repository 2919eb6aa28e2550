"""The site of the docs: it is built without a network, asks for nothing from one, and shows what graphs make."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.builder.media import MOST_BYTES, Part, Studio, laid_out, text
from nodegraph import GraphError
from nodegraph.packs import Catalogue
from nodegraph.shipped import graph_files

ROOT = Path(__file__).parents[1]
OUTSIDE = re.compile(r"<(?:script|link|img|source|video|audio|iframe|object|embed)\b[^>]*"
                     r"\b(?:src|href|srcset|data)=[\"']?(?:https?:)?//[^>]*>")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site without what graphs make, which takes minutes the first time."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)], cwd=ROOT,
                           capture_output=True, text=True,
                           env={**os.environ, "NODEGRAPH_DOCS_MEDIA": "none", "NO_MKDOCS_2_WARNING": "1"})
    assert built.returncode == 0, built.stderr
    return folder


@pytest.mark.slow
def test_no_page_asks_for_a_script_a_style_or_a_picture_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 100
    assert {page.name: OUTSIDE.findall(page.read_text("utf-8")) for page in pages if OUTSIDE.search(page.read_text("utf-8"))} == {}
    fetched = re.compile(r"(url\(|@import )[\"']?(https?:)?//")
    assert [style.name for style in site.rglob("*.css") if fetched.search(style.read_text("utf-8"))] == []


@pytest.mark.slow
def test_searching_wants_no_server(site):
    assert '<script src="../javascripts/iframe-worker.js">' in (site / "howto" / "gif.html").read_text("utf-8")
    assert "howto/gif.html" in (site / "search" / "search_index.js").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="wants a browser")
def test_a_browser_finds_a_word_in_pages_that_lie_on_a_disk(site, tmp_path):
    shown = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=15000", "--dump-dom",
                            f"--user-data-dir={tmp_path}", f"{(site / 'howto' / 'gif.html').as_uri()}?q=kaleidoscope"],
                           capture_output=True, text=True, timeout=120)
    assert re.search(r"\d+ matching documents", shown.stdout) and "reference/picture.kaleidoscope.html" in shown.stdout


@pytest.mark.slow
def test_every_node_type_has_a_page_with_its_help_and_its_ports(site):
    catalogue = Catalogue()
    for name in catalogue.node_names():
        page = (site / "reference" / f"{name}.html").read_text("utf-8")
        assert all(f"<code>{port}</code>" in page for port in catalogue.nodetype(name).inputs)
        assert f"docs/examples/{name}.yaml" in page


@pytest.mark.slow
def test_a_node_whose_model_does_not_come_along_says_so(site):
    assert "wants a model that does not come along" in (site / "reference/diffusion.lora.html").read_text("utf-8")


@pytest.mark.slow
def test_the_gallery_has_every_graph_that_comes_along(site):
    page = (site / "gallery.html").read_text("utf-8")
    assert all(f"nodegraph run {name}" in page for name in graph_files())


@pytest.mark.slow
def test_every_page_of_the_docs_can_be_reached(site):
    front = (site / "index.html").read_text("utf-8")
    pages = [path.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if f'href="{page}"' not in front] == []


def graph(folder, outputs, *nodes):
    path = folder / "small.yaml"
    path.write_text("nodegraph: 1\nnodes:\n" + "".join(f"  {node}\n" for node in nodes) + f"outputs: {outputs}\n", encoding="utf-8")
    return path


def test_what_a_graph_makes_becomes_small_files_and_lines_that_name_them(tmp_path):
    path = graph(tmp_path, "{photo: $photo, size: $size.width, sound: $sound, film: $film}",
                 f"photo: {{type: media.read_image, file: {ROOT / 'docs/card.png'}}}",
                 "grain: {type: picture.noise, image: $photo, amount: 0.5}",
                 "size: {type: picture.size, image: $photo}",
                 f"tune: {{type: media.read_score, file: {ROOT / 'docs/tunes/sad-waltz.mid'}}}",
                 "sound: {type: music.render, score: $tune}",
                 "film: {type: video.from_frames, frames: [$grain]}")
    made = Studio(tmp_path / "studio").made(path)
    assert sorted(made.files) == ["small.film.mp4", "small.photo.webp", "small.sound.ogg"]
    assert made.files["small.photo.webp"].stat().st_size <= MOST_BYTES
    assert made.files["small.sound.ogg"].stat().st_size < 200_000
    assert "```text\n1200\n```" in made.markdown
    assert all(f"made/{name}" in made.markdown for name in made.files)


def test_a_graph_that_fails_stops_the_build(tmp_path):
    path = graph(tmp_path, "{part: $part}", f"photo: {{type: media.read_image, file: {ROOT / 'docs/card.png'}}}",
                 "part: {type: picture.crop, image: $photo, left: 1190, width: 100}")
    with pytest.raises(GraphError, match="reaches beyond the picture"):
        Studio(tmp_path / "studio").made(path)


def test_small_pictures_stand_beside_each_other_and_the_rest_below():
    parts = [Part("![a](a)", 128, "`a`"), Part("words", 0, "`b`"), Part("![c](c)", 480, "`c`"), Part("![d](d)", 640, "`d`")]
    assert list(laid_out(parts)) == ["| `a` | `c` |", "|---|---|", "| ![a](a) | ![c](c) |", "", "`b`", "", "words", "", "`d`", "", "![d](d)", ""]


def test_a_text_with_backticks_is_fenced_by_more_of_them():
    assert text("a ``` b") == "````text\na ``` b\n````\n"
