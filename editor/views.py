"""The part of each file that was seen last: kept among the settings, and seen again when the file is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .canvas.view import View, opening

if TYPE_CHECKING:
    from .session import Session

MOST = 100  # files


def keep(session: Session) -> None:
    """Remember what is seen of the document, if it is a file."""
    path = session.document.path
    if path is None:
        return
    name, view = str(path.absolute()), session.view
    others = {file: seen for file, seen in session.settings.views.items() if file != name}
    now = tuple(round(part, 3) for part in view)
    if session.settings.views.get(name) != now:
        session.change_settings(views=dict([(name, now), *others.items()][:MOST]))


def first_look(session: Session) -> None:
    """Show of a document that has just come what was seen of it last; all of it, where it is new or would not be seen."""
    path, boxes = session.document.path, session.boxes()
    kept = session.settings.views.get(str(path.absolute())) if path is not None else None
    if kept is not None:
        view, (width, height) = View(*kept), session.canvas_size
        right, bottom = view.to_canvas(width, height)
        if any(x < right and view.x < x + wide and y < bottom and view.y < y + high for x, y, wide, high in boxes.values()):
            session.view = view
            session.touch()
            return
    session.see(boxes, opening)
