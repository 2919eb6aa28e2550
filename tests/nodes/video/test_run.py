"""Films go through `nodegraph run`: made, cut and written, remembered in a new process, and streamed where long."""

import json
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from PIL import Image

from nodegraph.cli import main
from nodegraph_nodes.media.films import container
from nodegraph_nodes.media.films.edits import at_speed, joined, resized, trimmed
from nodegraph_nodes.media.read_video import read_video
from tests.nodes.video.conftest import Frames

GRAPH = """
nodegraph: 1
nodes:
  film: {type: media.read_video, file: FILE}
  piece: {type: video.trim, video: $film, start: 0.5, seconds: 1}
  back: {type: video.reverse, video: $piece}
  both: {type: video.join, videos: [$piece, $back]}
  small: {type: video.resize, video: $both, width: 32}
  pictures: {type: video.frames, video: $small, every: 6}
  again: {type: video.from_frames, frames: $pictures, fps: 10}
outputs: {film: $small, again: $again}
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))

    def run(text):
        (tmp_path / "g.yaml").write_text(text)
        code = main(["run", str(tmp_path / "g.yaml"), "--device", "cpu", "--out", str(tmp_path / "out"), "--json"])
        return code, json.loads(capsys.readouterr().out)
    return run


def test_a_film_is_cut_written_and_remembered(run, filmed, arrays):
    text = GRAPH.replace("FILE", str(filmed("a.mp4", arrays(48), fps=24)))
    code, told = run(text)
    assert code == 0 and {node["status"] for node in told["nodes"].values()} == {"ran"}
    paths = [Path(path) for output in told["outputs"].values() for path in output["paths"]]
    assert [path.name for path in paths] == ["film.mp4", "again.mp4"]
    film, again = map(read_video, paths)
    assert film.form[:4] == (32, 24, 48, (24, 1)) and again.form[:4] == (32, 24, 8, (10, 1))
    code, told = run(text)
    assert code == 0 and {node["status"] for node in told["nodes"].values()} == {"cached"}
    assert [Path(path) for output in told["outputs"].values() for path in output["paths"]] == paths
    for path in paths:
        path.unlink()
    run(text)    # written again from what is remembered
    assert [read_video(path).form for path in paths] == [film.form, again.form]
    code, told = run(text.replace("every: 6", "every: 8"))
    assert {name for name, node in told["nodes"].items() if node["status"] == "ran"} == {"pictures", "again"}


def test_what_is_dropped_is_told_of_the_node_and_told_again_when_it_is_remembered(run, filmed, arrays):
    text = GRAPH.replace("FILE", str(filmed("a.mkv", arrays(48), sounds=2)))
    told = [run(text)[1]["warnings"] for _ in range(2)]
    assert "film" in str(told[0]) and "2 tracks of sound" in str(told[0]) and told[0] == told[1]


def test_a_broken_film_fails_in_a_sentence(run, tmp_path):
    (tmp_path / "a.mp4").write_text("<html>")
    code, told = run(GRAPH.replace("FILE", str(tmp_path / "a.mp4")))
    assert code == 1 and "a.mp4 is an HTML page and no film" in str(told) and "Traceback" not in str(told)


STREAM = """
import resource, sys
from pathlib import Path
from nodegraph_nodes.media.films.edits import at_speed, joined, resized, trimmed
from nodegraph_nodes.media.read_video import read_video

for path in sys.argv[1:3]:
    video = read_video(Path(path))
    made = joined([at_speed(video, 2.0), trimmed(video, 1.0, None)])
    for form, width in (("mp4", 160), ("gif", 32), ("webp", 32)):
        made.__porttype__.exports[form](resized(made, width, 0, "inside"), Path(sys.argv[3] + "." + form))
        made = video
    print(made.form.frames, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
"""


class Counted:
    """Counts frames that are alive: those that `seen` was given and nobody has let go of."""

    def __init__(self):
        self.alive = self.most = self.all = 0

    def seen(self, frame):
        self.alive, self.all = self.alive + 1, self.all + 1
        self.most = max(self.most, self.alive)
        weakref.finalize(frame, self.gone)
        return frame

    def gone(self):
        self.alive -= 1


@pytest.mark.parametrize("form", ["mp4", "webm", "gif", "webp"])
def test_however_many_frames_a_film_has_a_few_are_alive_at_a_time(form, filmed, tmp_path, monkeypatch):
    video = read_video(filmed("a.mp4", Frames(60, width=32, height=16), fps=25, options={"preset": "ultrafast"}))
    read, shrunk, as_array, resize = Counted(), Counted(), container.as_array, Image.Image.resize
    monkeypatch.setattr(container, "as_array", lambda *about: read.seen(as_array(*about)))
    monkeypatch.setattr(Image.Image, "resize", lambda *about, **more: shrunk.seen(resize(*about, **more)))
    made = resized(joined([at_speed(video, 2.0), trimmed(video, 1.0, None)]), 16, 0, "inside")
    made.__porttype__.exports[form](made, tmp_path / f"o.{form}")
    assert read_video(tmp_path / f"o.{form}").form.frames == 30 + 35
    assert read.all >= 60 and shrunk.all >= 65 and read.most <= 4 and shrunk.most <= 6, (vars(read), vars(shrunk))


@pytest.mark.slow
def test_a_long_film_streams_through_in_the_memory_of_a_short_one(filmed, tmp_path):
    paths = [filmed(f"{count}.mp4", Frames(count, width=320, height=240), fps=25, options={"preset": "ultrafast"})
             for count in (75, 600)]
    ran = subprocess.run([sys.executable, "-c", STREAM, *map(str, paths), str(tmp_path / "o")], capture_output=True,
                         text=True, check=True)
    (few, low), (many, high) = (map(int, line.split()) for line in ran.stdout.splitlines())
    assert (few, many) == (75, 600)
    # Its frames are 138 MB; a sixth of them would be seen.
    assert high - low < 23, f"{low} MB for {few} frames, {high} MB for {many}"
    assert read_video(tmp_path / "o.mp4").form.frames == 300 + 575


def test_an_output_chooses_its_form_and_how_good_it_is(run, filmed, arrays):
    lines = [f"  {form}{quality}: {{value: $small, format: {form}, quality: {quality}}}"
             for form in ("gif", "webp", "mp4", "webm") for quality in (10, 100)]
    text = GRAPH[:GRAPH.index("outputs:")].replace("FILE", str(filmed("a.mp4", arrays(24), fps=24)))
    code, told = run(text + "outputs:\n" + "\n".join(lines))
    assert code == 0
    paths = {name: Path(output["paths"][0]) for name, output in told["outputs"].items()}
    for form in ("gif", "webp", "mp4", "webm"):
        small, large = paths[f"{form}10"], paths[f"{form}100"]
        assert small.suffix == large.suffix == f".{form}" and small.stat().st_size < large.stat().st_size
        assert read_video(large).form[:4] == (32, 24, 24, (24, 1))
    assert str(told["warnings"]).count("a GIF counts in hundredths of a second, and 24 frames") == 2
