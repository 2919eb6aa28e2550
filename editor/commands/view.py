"""Commands on what is seen: the view, panels, language, theme, size of text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ..document.committed import last_commit
from ..document.document import Document
from ..words.speak import language, t
from .table import command, several

if TYPE_CHECKING:
    from ..session import Session

FONT_SCALES = (0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)


@command("view.frame_all")
def view_frame_all(session: Session) -> None:
    session.see(session.boxes())


@command("view.frame_selected", several(1))
def view_frame_selected(session: Session) -> None:
    session.see(session.boxes(session.selection))


@command("view.zoom_in")
def view_zoom_in(session: Session) -> None:
    session.zoom(1.25)


@command("view.zoom_out")
def view_zoom_out(session: Session) -> None:
    session.zoom(0.8)


@command("view.zoom_reset")
def view_zoom_reset(session: Session) -> None:
    session.zoom(1.0 / session.view.zoom)


@command("view.compare", lambda s: s.document.path is not None)
def view_compare(session: Session) -> None:
    path = session.document.path
    assert path is not None
    if session.comparing.against is not None:
        session.comparing.end()
    else:
        called, graph = last_commit(path)
        session.comparing.begin(t("compare.commit", name=called), graph)


@command("view.compare_file")
def view_compare_file(session: Session) -> None:
    folder = session.document.path.parent if session.document.path else None
    session.ask("open", lambda path: session.comparing.begin(path.name, Document.open(path).graph), folder=str(folder or ""))


@command("view.differences", lambda s: s.comparing.found is not None and bool(s.comparing.found.lines))
def view_differences(session: Session) -> None:
    session.ask("differences", lambda line: session.jump(line.item) if line.item is not None else None)


@command("view.minimap")
def view_minimap(session: Session) -> None:
    session.change_settings(minimap=not session.settings.minimap)


@command("view.inspector")
def view_inspector(session: Session) -> None:
    session.change_settings(inspector=not session.settings.inspector)


@command("view.snap")
def view_snap(session: Session) -> None:
    session.change_settings(snap=not session.settings.snap)


@command("view.theme")
def view_theme(session: Session) -> None:
    session.change_settings(theme="light" if session.settings.theme == "dark" else "dark")


@command("view.language")
def view_language(session: Session) -> None:
    from ..words.speak import set_language

    session.change_settings(language="en" if language() == "zh" else "zh")
    set_language(session.settings.language)


@command("view.font_larger")
def view_font_larger(session: Session) -> None:
    _font(session, (scale for scale in FONT_SCALES if scale > session.settings.font_scale))


@command("view.font_smaller")
def view_font_smaller(session: Session) -> None:
    _font(session, (scale for scale in reversed(FONT_SCALES) if scale < session.settings.font_scale))


def _font(session: Session, scales: Iterable[float]) -> None:
    session.change_settings(font_scale=next(iter(scales), session.settings.font_scale))


@command("view.compact")
def view_compact(session: Session) -> None:
    session.change_settings(compact=not session.settings.compact)


def _panel(name: str) -> Callable[[Session], None]:
    def function(session: Session) -> None:
        session.panels ^= {name}
        session.touch()
    return function


for _name in ("form", "gallery", "problems", "timeline"):
    command(f"view.{_name}")(_panel(_name))


@command("view.packs")
def view_packs(session: Session) -> None:
    session.ask("packs")
