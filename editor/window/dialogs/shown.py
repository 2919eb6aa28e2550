"""Which window stands in front: what the session asks, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..context import ContextMenu
from .ask import ChangedOnDisk, Group, Recover, Rename, Text, Unsaved, Words
from .files import ChooseFile, ChooseFolder, Export, Open, SaveAs
from .listing import Find, Recent
from .modal import Modal
from .results import Compare, OneResult, Shown
from .tell import About, Error, Sheet
from .templates import Templates

if TYPE_CHECKING:
    from ..app import App


KINDS: dict[str, type[Modal | ContextMenu]] = {
    "open": Open, "save_as": SaveAs, "unsaved": Unsaved, "changed_on_disk": ChangedOnDisk, "recover": Recover,
    "rename": Rename, "text": Text, "find": Find, "group": Group, "shortcuts": Sheet, "about": About,
    "templates": Templates, "recent": Recent, "error": Error, "choose_file": ChooseFile,
    "choose_folder": ChooseFolder, "export": Export, "context": ContextMenu, "picture": Shown, "result": OneResult,
    "compare": Compare,
}


class Dialogs:
    """Shows what the session asks, one window at a time."""

    def __init__(self, app: App):
        self.app, self.session = app, app.session
        self.shown: Modal | ContextMenu | None = None

    def update(self) -> None:
        """Open and close what is to be open."""
        asked = self.session.dialog
        if self.shown is not None and self.shown.dialog is not asked:
            shown, self.shown = self.shown, None
            shown.close()
        if asked is not None and self.shown is None and asked.kind in KINDS:
            self.shown = KINDS[asked.kind](self.app, asked)
        if self.shown is not None:
            self.shown.update()

    def key(self, name: str) -> bool:
        """A key while a dialog is open; whether there is one."""
        if self.shown is None:
            return False
        if name == "Escape":
            self.shown.cancel()
        elif not self.shown.key(name) and name in ("Enter", "NumEnter"):
            if not (isinstance(self.shown, Words) and self.shown.many_lines):
                self.shown.accept()
        return True

    def close(self) -> None:
        """Take the window away; it comes again, in the new language say, while the session still asks."""
        if self.shown is not None:
            self.shown.close()
            self.shown = None
