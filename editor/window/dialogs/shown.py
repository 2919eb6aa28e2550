"""Which window stands in front: what the session asks, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from ..context import ContextMenu
from ..valuebox import ValueBox
from .ask import ChangedOnDisk, Group, Recover, Rename, Settle, Text, Unsaved, Words
from .compare import Compare
from .files import ChooseFile, ChooseFolder, ChoosePack, Export, NewNode, Open, SaveAs
from .help import Help
from .listing import Differences, Find, Recent
from .modal import Modal
from .packs import Packs
from .results import OneResult, Shown
from .tell import About, Error, Said, Sheet
from .templates import Templates

if TYPE_CHECKING:
    from ...asking import Dialog
    from ..app import App


KINDS: dict[str, type[Modal | ContextMenu]] = {
    "open": Open, "save_as": SaveAs, "unsaved": Unsaved, "settle": Settle, "changed_on_disk": ChangedOnDisk, "recover": Recover,
    "rename": Rename, "text": Text, "find": Find, "group": Group, "shortcuts": Sheet, "about": About,
    "help": Help, "messages": Said, "templates": Templates, "recent": Recent, "error": Error, "choose_file": ChooseFile,
    "choose_folder": ChooseFolder, "export": Export, "context": ContextMenu, "picture": Shown, "result": OneResult,
    "compare": Compare, "differences": Differences, "value": ValueBox, "packs": Packs, "new_node": NewNode,
    "choose_pack": ChoosePack,
}


BUTTONS = (dpg.mvMouseButton_Left, dpg.mvMouseButton_Right, dpg.mvMouseButton_Middle)


class Dialogs:
    """Shows what the session asks, one window at a time.

    Dear ImGui closes a modal that opens in the frame in which another one was deleted, or while a button of the pointer
    is held, and tells that as if someone had closed it. So one frame passes between two windows, and one that is asked
    for by a press opens with the release.
    """

    def __init__(self, app: App):
        self.app, self.session = app, app.session
        self.shown: Modal | ContextMenu | None = None
        self._gone_at = -1  # the frame in which the last one was taken away

    def update(self) -> None:
        """Open and close what is to be open."""
        asked = self.session.dialog
        if self.shown is not None and self.shown.dialog is not asked:
            self.close()
        if asked is not None and self.shown is None and asked.kind in KINDS and self._has_room(asked.kind):
            self.shown = self._opened(asked)
        if self.shown is not None:
            self.shown.update()

    def _opened(self, asked: Dialog) -> Modal | ContextMenu:
        """The window of what is asked. One that cannot be made is not tried again in each frame."""
        try:
            return KINDS[asked.kind](self.app, asked)
        except Exception:
            self.session.answer()
            raise

    def _has_room(self, kind: str) -> bool:
        """Whether a window that opens now stays open."""
        if kind == "context":
            return True
        return dpg.get_frame_count() > self._gone_at + 1 and not any(map(dpg.is_mouse_button_down, BUTTONS))

    @property
    def moving(self) -> bool:
        """Whether something is asked that is not seen yet, or has not found its place."""
        return self.session.dialog is not None and (self.shown is None or self.shown.young)

    def key(self, name: str) -> bool:
        """A key while a dialog is open, or about to be; whether there is one. No key answers what nobody has seen."""
        if self.shown is None or self.shown.dialog is not self.session.dialog:
            return self.session.dialog is not None
        if name == "Escape":
            self.shown.cancel()
        elif not self.shown.key(name) and name in ("Enter", "NumEnter"):
            if not (isinstance(self.shown, Words) and self.shown.many_lines):
                self.shown.accept()
        return True

    def close(self) -> None:
        """Take the window away; it comes again, in the new language say, while the session still asks."""
        shown, self.shown = self.shown, None
        if shown is not None:
            shown.close()
            self._gone_at = dpg.get_frame_count()
