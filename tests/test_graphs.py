"""The graphs that are shipped run from end to end, offline, with the models that are shipped."""

from pathlib import Path

import pytest

from nodegraph import Engine, GraphError, events as ev

pytestmark = pytest.mark.usefixtures("models_live_on", "installed_once")
GRAPHS = Path(__file__).parents[1] / "graphs"


def ran(story: list) -> list[str]:
    return [event.node for event in story if isinstance(event, ev.Finished)]


def items(story: list) -> dict[str, tuple[int, int]]:
    """Of each node that ran, how many of its items ran and how many were remembered."""
    return {event.node: (event.ran, event.remembered) for event in story if isinstance(event, ev.Finished)}


def nothing_runs_again(name: str, given: dict, folder: Path) -> bool:
    """Whether another process, as it were, finds all of a graph remembered."""
    story: list = []
    with Engine(folder, device="cpu") as other:
        result = other.run(other.load(GRAPHS / f"{name}.yaml"), given, emit=story.append)
    return not result.errors and ran(story) == []


@pytest.fixture
def engine(tmp_path):
    with Engine(tmp_path, device="cpu", warn=pytest.fail) as found:
        yield found


def test_the_postcard_is_made_from_a_sentence_and_a_new_mood_does_not_repaint_it(engine, tmp_path):
    graph = engine.load(GRAPHS / "postcard.yaml").with_value("sketch", "steps", 4).with_value("tune", "bars", 8)
    result = engine.run(graph, {"subject": "雪地里的一只白狐狸"})
    assert not result.errors
    assert result["card"].shape == (3, 800, 1200) and 0 <= float(result["card"].min()) < float(result["card"].max())
    assert len(result["verse"].splitlines()) == 4 and "狐狸" in result["verse"]
    assert sum(len(track.notes) for track in result["tune"].tracks) > 20
    assert result["sound"].samples.shape[0] == 2 and float(abs(result["sound"].samples).max()) > 0.5
    written = {name: engine.export(result, name, tmp_path / "out", name) for name in result}
    assert {path.suffix for paths in written.values() for path in paths} == {".png", ".txt", ".mid", ".wav"}

    with Engine(tmp_path, device="cpu", warn=pytest.fail) as other:
        story: list = []
        other.run(graph, {"subject": "雪地里的一只白狐狸"}, emit=story.append)
        assert ran(story) == []
        other.run(graph, {"subject": "雪地里的一只白狐狸", "mood": "sad"}, emit=story.append)
        assert ran(story) == ["asked", "verse", "card"]


def test_one_more_prompt_on_the_sheet_paints_one_more_picture(engine):
    graph = engine.load(GRAPHS / "sheet.yaml").with_value("painted", "steps", 2)
    assert not engine.run(graph, {"prompts": ["a red boat", "一只猫"]}).errors
    story: list = []
    engine.run(graph, {"prompts": ["a red boat", "a green tree", "一只猫"]}, emit=story.append)
    assert next((e.ran, e.remembered) for e in story if isinstance(e, ev.Finished) and e.node == "painted") == (1, 2)


def test_tunes_are_composed_played_and_drawn_and_a_new_one_leaves_the_others(engine):
    graph = engine.load(GRAPHS / "tunes.yaml")
    asked = {"titles": ["A waltz"], "moods": ["calm"], "styles": ["waltz"], "tempos": ["fast"], "keys": ["C major"]}
    result = engine.run(graph, asked)
    assert not result.errors
    assert result["tune"][0].metres[0][1:] == (3, 4) and result["roll"][0].shape == (3, 420, 1200)
    assert float(abs(result["sound"][0].samples).max()) > 0.5
    story: list = []
    engine.run(graph, {**asked, "titles": ["Another name"]}, emit=story.append)
    assert ran(story) == ["drawn"]


@pytest.mark.slow
def test_a_book_has_chapters_with_pages_and_a_new_title_makes_one_chapter(engine, tmp_path):
    graph = engine.load(GRAPHS / "book.yaml")
    given = {"titles": ["a red boat"], "times": ["at dawn", "at night"], "steps": 2}
    result = engine.run(graph, given)
    assert not result.errors
    assert [[page.shape for page in chapter] for chapter in result["pages"]] == [[(3, 800, 1200)] * 2]
    assert result["book"].shape[0] == 3
    paths = engine.export(result, "pages", tmp_path / "out", "pages")
    assert [path.name for path in paths] == ["pages.1.1.png", "pages.1.2.png"]
    assert nothing_runs_again("book", given, tmp_path)
    story: list = []
    result = engine.run(graph, {**given, "titles": ["一只猫", "a red boat"]}, emit=story.append)
    assert items(story)["chapters/pages/words/verse"] == items(story)["chapters/pages/card"] == (2, 2)
    assert [len(chapter) for chapter in result["pages"]] == [2, 2] and "cover/sketch" not in items(story)


@pytest.mark.slow
def test_it_dawns_until_it_is_bright_and_one_round_more_paints_one_picture(engine, tmp_path):
    graph, given = engine.load(GRAPHS / "dawn.yaml"), {"steps": 4, "strength": 0.05}
    assert not engine.run(graph, {**given, "rounds": 2}).errors
    story: list = []
    result = engine.run(graph, {**given, "rounds": 3}, emit=story.append)
    assert items(story)["dawning/sketch"] == items(story)["dawning/judged/read"] == (1, 2)
    assert "dawning/idea" not in items(story) and "first/sketch" not in items(story)
    assert nothing_runs_again("dawn", {**given, "rounds": 3}, tmp_path)
    story.clear()
    round = engine.load(GRAPHS / "parts/dawning.yaml")    # the second round is the same graph with a 2
    after = engine.run(round, {**given, "picture": engine.run(graph, {**given, "rounds": 1})["picture"], "round": 2},
                       emit=story.append)
    assert not after.errors and "after" not in ran(story) and "judged/read" not in ran(story)
    none = engine.run(graph, {**given, "rounds": 0})
    assert none["strip"].shape[2] < result["strip"].shape[2] and none["picture"].shape == result["picture"].shape
    story.clear()
    engine.run(graph, {**given, "rounds": 50, "strength": 1.0}, emit=story.append)
    assert items(story)["dawning/after"] == (1, 0)    # painted over wholly it is bright at once


@pytest.mark.slow
def test_a_daybreak_is_a_film_that_ends_as_it_began_and_one_frame_more_is_mixed_alone(engine, tmp_path):
    graph, given = engine.load(GRAPHS / "daybreak.yaml"), {"shares": [0.4, 0.8], "steps": 2}
    result = engine.run(graph, given)
    assert not result.errors and result["loop"].form[:4] == (384, 384, 6, (5, 1))
    first, *_, last = result["loop"].pictures()
    assert (first == last).all()
    assert [path.name for path in engine.export(result, "loop", tmp_path / "out", "loop")] == ["loop.gif"]
    assert nothing_runs_again("daybreak", given, tmp_path)
    story: list = []
    engine.run(graph, {**given, "shares": [0.4, 0.6, 0.8]}, emit=story.append)
    assert items(story)["frames"] == (1, 2) and "first/sketch" not in items(story)


@pytest.mark.slow
def test_on_a_voyage_all_but_the_thing_stands_still_and_one_frame_more_paints_one(engine, tmp_path):
    graph, given = engine.load(GRAPHS / "voyage.yaml"), {"places": [-40], "steps": 2}
    result = engine.run(graph, given)
    assert not result.errors and result["film"].form[:3] == (384, 384, 3)
    empty, there, again = (frame.astype(int) for frame in result["film"].pictures())
    assert (empty == again).all() and (empty != there).any()
    assert abs(empty - there)[:, 300:].max() <= 2    # where it is not
    story: list = []
    engine.run(graph, {**given, "places": [-40, 0]}, emit=story.append)
    assert items(story)["frames/sketch"] == (1, 1) and "empty/sketch" not in items(story)


@pytest.mark.slow
def test_regions_hold_two_prompts_and_another_seam_reads_neither_again(engine, tmp_path):
    graph, given = engine.load(GRAPHS / "regions.yaml"), {"steps": 2}
    result = engine.run(graph, given)
    assert not result.errors and result["picture"].shape == (3, 128, 128)
    assert nothing_runs_again("regions", given, tmp_path)
    story: list = []
    engine.run(graph, {**given, "soft": 4.0}, emit=story.append)
    assert {"night", "day"}.isdisjoint(ran(story)) and "sketch" in ran(story)


@pytest.mark.slow
def test_a_grid_reads_each_subject_once_and_paints_each_pair(engine, tmp_path):
    graph = engine.load(GRAPHS / "grid.yaml")
    given = {"subjects": ["a red boat on the sea by day, ink", "夜晚雪地里的一只猫，水彩"], "seeds": [1, 2], "columns": 2, "steps": 2}
    story: list = []
    result = engine.run(graph, given, emit=story.append)
    assert not result.errors and result["sheet"].shape[0] == 3
    assert items(story)["tiles/painted/idea"] == (2, 2) and items(story)["tiles/painted/sketch"] == (4, 0)
    assert nothing_runs_again("grid", given, tmp_path)
    story.clear()
    engine.run(graph, {**given, "seeds": [1, 5, 2], "columns": 3}, emit=story.append)
    assert items(story)["tiles/painted/sketch"] == (2, 4) and "tiles/painted/idea" not in items(story)


def test_a_tale_goes_from_guest_to_guest_and_one_more_writes_one_verse(engine, tmp_path):
    graph = engine.load(GRAPHS / "tale.yaml")
    given = {"guests": ["a red fox", "a white bird"], "moods": ["joyful", "sad"]}
    result = engine.run(graph, given)
    first, second = result["songs"].split("\n\n")
    assert result["tale"] == "\n\n".join([
        "It was cold outside, and there was a light in the window.", f"In came a red fox, and sang:\n{first}",
        f"In came a white bird, and sang:\n{second}", "Then nobody was cold any more."])
    assert nothing_runs_again("tale", given, tmp_path)
    story: list = []
    engine.run(graph, {"guests": [*given["guests"], "一只猫"], "moods": [*given["moods"], "calm"]}, emit=story.append)
    assert items(story)["told/sung/verse"] == (1, 2)
    first, second = engine.run(graph, {"guests": ["a fox"] * 2, "moods": ["sad"] * 2})["songs"].split("\n\n")
    assert first != second    # the poet's dice begin at the number of the guest


@pytest.mark.slow
def test_a_selection_goes_on_without_what_fails_and_keeps_what_is_bright(engine, tmp_path):
    graph, given = engine.load(GRAPHS / "selection.yaml"), {
        "subjects": ["a red boat at night", "", "a pink flower in a meadow by day"], "steps": 4}
    story: list = []
    result = engine.run(graph, given, emit=story.append)
    assert result.errors == [] and [error.instance for error in result.passed_over] == ["tried[2]/page/painted/scene"]
    assert [e.message for e in story if isinstance(e, ev.Warned)] == ["tried: left out item 2 of 3, which failed"]
    assert len(result["bright"]) == 1 and result["bright"][0].shape == (3, 800, 1200)
    again: list = []
    with Engine(tmp_path, device="cpu") as other:
        other.run(graph, given, emit=again.append)
    assert ran(again) == []
    assert [e.error.instance for e in again if isinstance(e, ev.Failed)] == ["tried[2]/page/painted/scene"]


@pytest.mark.slow
def test_each_exhibit_is_made_in_its_own_form_alone(engine, tmp_path):
    graph, given = engine.load(GRAPHS / "exhibition.yaml"), {
        "subjects": ["a red boat", "a white fox", "一只猫"], "forms": ["picture", "picture", "card"], "steps": 2}
    story: list = []
    result = engine.run(graph, given, emit=story.append)
    assert not result.errors and [made.shape[1] for made in result["exhibits"]] == [128, 128, 800]
    assert items(story)["exhibits/page/words/verse"] == items(story)["exhibits/page/card"] == (1, 0)
    assert "exhibits/tune" not in items(story)
    assert nothing_runs_again("exhibition", given, tmp_path)
    story.clear()
    result = engine.run(graph, {**given, "forms": ["picture", "music", "card"]}, emit=story.append)
    assert [made.shape[1] for made in result["exhibits"]] == [128, 420, 800]
    assert items(story)["exhibits/tune"] == (1, 0) and "exhibits/page/card" not in items(story)


def folder_of_pictures(folder: Path, names: list[str]) -> Path:
    from PIL import Image

    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        Image.new("RGB", (32, 24), (250, 200 - 60 * number, 40)).save(folder / name)
    return folder


def test_an_album_has_a_card_for_each_file_and_a_new_one_makes_one_more(engine, tmp_path):
    photos = folder_of_pictures(tmp_path / "photos", ["cat10.png", "cat2.png"])
    (photos / ".hidden.png").write_text("no picture")
    graph, given = engine.load(GRAPHS / "album.yaml"), {"pictures": str(photos)}
    result = engine.run(graph, given)
    assert not result.errors and [card.shape for card in result["cards"]] == [(3, 800, 1200)] * 2
    assert nothing_runs_again("album", given, tmp_path)
    folder_of_pictures(photos, ["cat10.png", "cat2.png", "cat3.png"])
    story: list = []
    assert len(engine.run(graph, {"pictures": f"{photos}/*.png"}, emit=story.append)["cards"]) == 3
    assert items(story)["plates/picture"] == (1, 2)


def test_a_pattern_of_files_begins_at_the_graph_file_however_that_is_named(engine, monkeypatch):
    monkeypatch.chdir(GRAPHS.parent)
    result = engine.run(engine.load("graphs/album.yaml"), only=["cards"])
    assert not result.errors and len(result["cards"]) == len(list((GRAPHS / "pictures").glob("*.jpg")))


def test_a_poster_is_titled_anew_without_being_painted_again(engine, tmp_path):
    graph, given = engine.load(GRAPHS / "poster.yaml"), {"steps": 2}
    result = engine.run(graph, given)
    assert not result.errors and result["poster"].shape == (3, 1080, 880)
    assert nothing_runs_again("poster", given, tmp_path)
    story: list = []
    titled = engine.run(graph, {**given, "title": "Ещё"}, emit=story.append)
    assert ran(story) == ["titled", "poster"] and not titled["poster"].equal(result["poster"])


def test_prints_are_made_of_each_picture_of_a_folder(engine, tmp_path):
    photos = folder_of_pictures(tmp_path / "photos", ["one.png", "two.png"])
    graph, given = engine.load(GRAPHS / "prints.yaml"), {"pictures": str(photos)}
    result = engine.run(graph, given)
    assert not result.errors and [made.shape[0] for made in result["prints"]] == [4, 4]
    assert nothing_runs_again("prints", given, tmp_path)
    folder_of_pictures(photos, ["one.png", "two.png", "three.png"])
    story: list = []
    engine.run(graph, given, emit=story.append)
    assert items(story)["prints/print"] == (1, 2)


@pytest.mark.slow
def test_a_suite_climbs_and_one_climb_more_composes_nothing(engine, tmp_path):
    graph, given = engine.load(GRAPHS / "suite.yaml"), {
        "titles": ["A march"], "moods": ["joyful"], "styles": ["march"], "climbs": 1}
    result = engine.run(graph, given)
    assert not result.errors and result["roll"].shape == result["rolls"][0].shape == (3, 420, 1200)
    assert float(abs(result["sound"].samples).max()) > 0.5
    assert nothing_runs_again("suite", given, tmp_path)
    story: list = []
    engine.run(graph, {**given, "climbs": 2}, only=["roll", "rolls"], emit=story.append)
    assert items(story)["movements/higher"] == (1, 1) and "movements/theme" not in items(story)


def test_a_tune_goes_on_and_stays_as_it_was(engine):
    graph = engine.load(GRAPHS / "continued.yaml")
    result = engine.run(graph, {"bars": 4}, only=["score"])
    assert not result.errors
    notes = [note for note in result["score"].tracks[0].notes if note.start < 51]
    assert len(notes) == 32 and max(note.start for track in result["score"].tracks for note in track.notes) >= 51


def test_a_melody_is_arranged_for_a_band(engine):
    result = engine.run(engine.load(GRAPHS / "band.yaml"), {"style": "bossa"}, only=["score", "roll"])
    assert not result.errors and [track.is_drum for track in result["score"].tracks] == [False, False, False, True]
    assert [text.text for text in result["score"].texts if text.kind == "cue"][-1] == "G"


def test_a_song_is_engraved_with_its_words(engine):
    result = engine.run(engine.load(GRAPHS / "song.yaml"), only=["page", "svg"])
    assert not result.errors and result["page"].shape[::2] == (3, 1400) and float(result["page"].min()) < 0.2
    assert all(word in result["svg"] for word in ("Amazing Grace", ">wretch<", ">Em<"))


def test_each_picture_becomes_music_of_its_own_and_its_sound_is_made_last(engine):
    graph = engine.load(GRAPHS / "picture-music.yaml").with_value("piece", "bars", 8)
    boat, cat = (engine.run(graph, {"picture": str(GRAPHS / f"pictures/{name}.jpg")}, only=["score", "roll"]) for name in ("boat", "cat"))
    assert not boat.errors and not cat.errors and boat["score"].keys != cat["score"].keys
    assert all(len(result["score"].tracks) > 2 and result["score"].beats >= 16 for result in (boat, cat))


def test_a_graph_is_refused_with_the_place_before_anything_runs(engine, tmp_path):
    text = (GRAPHS / "postcard.yaml").read_text("utf-8").replace("steps: 12", "steps: 0")
    (tmp_path / "wrong.yaml").write_text(text, "utf-8")
    with pytest.raises(GraphError, match=r"wrong\.yaml:45:12  sketch\.steps is 0; it takes 1 to 150"):
        engine.load(tmp_path / "wrong.yaml")


@pytest.mark.slow
def test_a_picture_is_inpainted_outpainted_and_made_finer_and_other_words_repeat_what_they_must(engine, tmp_path):
    given = {"steps": 4}
    for name, output, shape in (("inpaint", "mended", (3, 128, 128)), ("outpaint", "painted", (3, 128, 128)),
                                ("hires", "large", (3, 512, 512))):
        result = engine.run(engine.load(GRAPHS / f"{name}.yaml"), given)
        assert not result.errors and result[output].shape == shape
        assert nothing_runs_again(name, given, tmp_path)
        if name == "outpaint":    # what was there stays
            assert result["painted"][:, 40:88, 40:88].equal(result["room"][:, 40:88, 40:88])
    story: list = []
    engine.run(engine.load(GRAPHS / "inpaint.yaml"), {**given, "after": "a green tree"}, emit=story.append)
    assert {"scene", "idea", "sketch", "anew", "mended", "sheet"} <= set(ran(story)) and {"laid", "first/sketch"}.isdisjoint(ran(story))
    story.clear()
    engine.run(engine.load(GRAPHS / "hires.yaml"), {**given, "strength": 0.8}, emit=story.append)
    assert ran(story) == ["over", "fine", "mended", "whole", "large"]


@pytest.mark.slow
def test_a_picture_is_painted_over_and_a_sketch_painted_and_one_more_of_each_paints_one(engine, tmp_path):
    for name, node, more in (("image-to-image", "over", {"strengths": [0.5, 1.0], "labels": ["a half", "all"]}),
                             ("sketch", "painted", {"sentences": ["a blue snail in the sea, oil", "沙滩上的蜗牛"]})):
        graph = engine.load(GRAPHS / f"{name}.yaml")
        given = {"steps": 2, **{key: value[:1] for key, value in more.items()}}
        result = engine.run(graph, given)
        assert not result.errors and result["sheet"].shape[0] == 3
        assert nothing_runs_again(name, given, tmp_path)
        story: list = []
        engine.run(graph, {**given, **more}, emit=story.append)
        assert items(story)[node] == (1, 1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")  # diffusers' own
def test_samplers_stand_beside_one_another_and_one_more_samples_its_own_row(engine):
    graph = engine.load(GRAPHS / "samplers.yaml")
    given = {"samplers": ["euler", "dpmpp_2m"], "steps": [1, 2], "counts": ["1", "2"], "columns": 2}
    assert not engine.run(graph, given).errors
    story: list = []
    engine.run(graph, {**given, "samplers": ["euler", "heun", "dpmpp_2m"]}, emit=story.append)
    assert items(story)["sketches"] == (2, 4) and "idea" not in items(story)


def test_a_wallpaper_has_the_colours_of_a_photograph_and_is_dealt_anew_without_drawing_again(engine, tmp_path):
    graph = engine.load(GRAPHS / "wallpaper.yaml")
    result = engine.run(graph)
    assert not result.errors
    wall, cell = result["wall"], result["wall"][:, :384, :384]
    assert wall.shape == (3, 3 * 384, 4 * 384)
    assert (wall == cell.repeat(1, 3, 4)).all() and (cell == cell.transpose(1, 2)).all() and (cell == cell.flip(2)).all()
    inks = [[int(color[k:k + 2], 16) / 255 for k in (1, 3, 5)] for color in result["palette"].colors]
    pixels = cell.flatten(1).T
    apart = min_distance(pixels, pixels.new_tensor(inks))
    assert (apart < 0.05).float().mean() > 0.7  # the rest are edges between inks
    story: list = []
    engine.run(graph, {"turn": 5}, emit=story.append)
    assert ran(story) == ["printed", "wall"]


def min_distance(pixels, colors):
    """How far each pixel (n, 3) is from the nearest of some colours."""
    return (pixels[:, None] - colors).square().sum(2).amin(1).sqrt()


@pytest.mark.slow
def test_ornaments_of_every_kind_are_on_the_sheet_and_the_loom_goes_round(engine):
    sheet = engine.run(engine.load(GRAPHS / "ornaments.yaml"))
    assert not sheet.errors and sheet["sheet"].shape[0] == 3
    film = engine.run(engine.load(GRAPHS / "loom.yaml"), {"frames": 6})
    assert not film.errors and film["film"].form.frames == 6
    assert film["film"].form.width % 2 == film["film"].form.height % 2 == 0


@pytest.mark.slow
def test_sentences_are_painted_without_and_with_the_adapter_that_comes_along(engine):
    story: list = []
    graph = engine.load(GRAPHS / "neon.yaml")
    result = engine.run(graph, {"sentences": ["a red boat on the sea"], "steps": 2}, emit=story.append)
    assert not result.errors and result["sheet"].shape[0] == 3 and items(story)["before"] == items(story)["after"] == (1, 0)
    again = engine.run(graph, {"sentences": ["a red boat on the sea"], "steps": 2, "weight": 0})
    assert not again.errors and (again["pictures"][0] - result["pictures"][0]).abs().mean() > 0.02


@pytest.mark.slow  # tests of train_lora guard the same with a small model
def test_a_hand_is_learned_and_other_sentences_learn_nothing_again(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "kept"))
    graph = engine.load(GRAPHS / "learn-my-hand.yaml").with_value("hand", "batch", 1)
    given = {"most": 1, "steps": 1, "keep": ["a red boat"], "sentences": ["a red boat on the sea"]}
    story: list = []
    result = engine.run(graph, given, emit=story.append)
    assert not result.errors and Path(result["hand"].source).suffix == ".safetensors"
    assert items(story)["before"] == items(story)["after"] == (1, 0)
    story.clear()
    engine.run(graph, {**given, "sentences": ["a red boat on the sea", "a green tree in the snow"]}, emit=story.append)
    assert "hand" not in ran(story) and items(story)["after"] == (1, 1)
