"""Finding models: what their folders hold counts, wherever links lead, and another kind of model is refused."""

from pathlib import Path

import pytest

from nodegraph import InputError, ModelType, Recipe
from nodegraph.models import Models
from nodegraph.packs import Catalogue


def models() -> Models:
    return Models(Catalogue(installed=False))


def folder(path: Path) -> Path:
    """A model's folder with a file beside and one in a folder inside, and some that do not count."""
    (path / "part").mkdir(parents=True)
    for name, text in (("config.json", "{}"), ("part/weights.safetensors", "abc"), (".hidden", "x"),
                       ("README.md", "x")):
        (path / name).write_text(text)
    return path


def test_a_folder_without_links_has_the_fingerprint_that_it_always_had(tmp_path):
    print_ = models().fingerprint(folder(tmp_path / "model"))
    assert print_.hex() == "23a9605ffe7a6ca4740d449dc48f9ed2"


def test_what_lies_behind_a_link_to_a_folder_counts(tmp_path):
    outside = folder(tmp_path / "outside")
    inside = folder(tmp_path / "model")
    before = models().fingerprint(inside)
    (inside / "more").symlink_to(outside)
    linked = models().fingerprint(inside)
    (outside / "part" / "weights.safetensors").write_text("abd")
    assert len({before, linked, models().fingerprint(inside)}) == 3


def test_links_that_lead_round_in_a_circle_come_to_an_end_and_count(tmp_path):
    inside = folder(tmp_path / "model")
    before = models().fingerprint(inside)
    (inside / "part" / "round").symlink_to(inside)
    once = models().fingerprint(inside)
    (inside / "part" / "round").unlink()
    (inside / "part" / "round").symlink_to(inside / "part")
    assert len({before, once, models().fingerprint(inside)}) == 3


def kind(holds, problem=None) -> ModelType:
    return ModelType("PaintingModel", load=lambda recipe, device, dtype: None, holds=holds, problem=problem)


@pytest.fixture
def catalogue(tmp_path):
    """A catalogue with one pack that names two models."""
    pack = tmp_path / "pack"
    for name in ("painter", "poet"):
        (pack / name).mkdir(parents=True)
        (pack / name / f"{name}.json").write_text("{}")
    (pack / "pack.yaml").write_text("pack: own\nversion: 1\nmodels: {own/painter: painter, own/poet: poet}\n")
    (pack / "__init__.py").write_text("")
    return Catalogue((), [pack], installed=False)


def test_a_model_of_another_kind_is_refused_before_anything_runs_and_the_right_ones_are_named(catalogue):
    painting = kind(lambda folder: (folder / "painter.json").exists())
    found = Models(catalogue)
    assert not found.find(painting, Recipe("PaintingModel", "own/painter"), Path())
    wrong = found.find(painting, Recipe("PaintingModel", "own/poet"), Path())
    assert wrong == "own/poet holds no painting model. Such models are own/painter."
    assert found.locate(painting, Recipe("PaintingModel", "own/poet"), Path()).problem == wrong
    with pytest.raises(InputError, match="own/poet holds no painting model"):
        found.completed(painting, Recipe("PaintingModel", "own/poet"))


def test_a_pack_that_cannot_tell_what_a_folder_holds_is_a_problem_and_not_a_crash(catalogue):
    def holds(folder):
        raise ZeroDivisionError("on purpose")

    problem = Models(catalogue).find(kind(holds), Recipe("PaintingModel", "own/poet"), Path())
    assert "own/poet" in problem and "ZeroDivisionError: on purpose" in problem


def test_a_type_says_what_lies_in_the_place_of_a_model_and_what_would_do_is_named(catalogue, tmp_path):
    def problem(path):
        if not path.is_dir():
            return "is a file"
        return "" if (path / "painter.json").exists() else f"holds {next(path.iterdir()).name}"

    painting = kind(lambda folder: (folder / "painter.json").exists(), problem)
    found = Models(catalogue)
    assert not found.find(painting, Recipe("PaintingModel", "own/painter"), Path())
    wrong = found.find(painting, Recipe("PaintingModel", "own/poet"), Path())
    assert wrong == "own/poet holds poet.json. A painting model is wanted. Such models are own/painter."
    (tmp_path / "weights.bin").write_text("")
    wrong = found.find(painting, Recipe("PaintingModel", "weights.bin"), tmp_path)
    assert wrong == "weights.bin is a file. A painting model is wanted. Such models are own/painter."


def test_a_model_of_the_right_kind_that_is_broken_is_told_without_others_in_its_place(catalogue):
    painting = kind(lambda folder: True, lambda folder: "cannot be loaded: paint.bin is empty")
    wrong = Models(catalogue).find(painting, Recipe("PaintingModel", "own/painter"), Path())
    assert wrong == "own/painter cannot be loaded: paint.bin is empty"


def test_a_file_in_a_folders_place_is_told_by_every_kind_of_model(catalogue, tmp_path):
    (tmp_path / "weights.bin").write_text("")
    wrong = Models(catalogue).find(kind(None), Recipe("PaintingModel", "weights.bin"), tmp_path)
    assert wrong == ("weights.bin is a file, and a folder is wanted. A painting model is wanted. "
                     "Such models are own/painter, own/poet.")


def test_a_model_that_cannot_be_read_is_a_problem_and_not_a_crash(catalogue):
    def digest(path):
        raise PermissionError(13, "Permission denied", str(path))

    found = Models(catalogue, digests=digest).locate(kind(None), Recipe("PaintingModel", "own/poet"), Path())
    assert "poet.json cannot be read: Permission denied" in found.problem


@pytest.mark.parametrize("download, error, told", [
    (False, "LocalEntryNotFoundError", "run once with --download"),
    (True, "LocalEntryNotFoundError", "cannot be fetched: the hub cannot be reached"),
    (True, "OSError", "cannot be fetched: OSError: no such repository"),
])
def test_a_download_is_advised_only_where_it_was_not_allowed(tmp_path, monkeypatch, download, error, told):
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    def snapshot_download(source, **options):
        assert options["local_files_only"] is not download
        raise {"LocalEntryNotFoundError": LocalEntryNotFoundError, "OSError": OSError}[error]("no such repository")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    problem = Models(Catalogue(installed=False), download=download).find(kind(lambda path: True), Recipe("P", "some/one"), tmp_path)
    assert told in problem and ("--download" in problem) is not download
