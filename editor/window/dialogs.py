"""Windows in front of everything that ask or tell something. All can be answered with Enter and closed with Escape."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..document.items import Item, items, text
from ..runs import updates as up
from ..runs.gallery import Result
from ..words.speak import t
from . import theme, widgets
from .browser import GRAPHS, Entry, completed, entries, nearest_folder, places
from .context import ContextMenu
from .gallery import fill_differences, fill_result, reopen
from .outputs import Made, content, save
from .shortcuts_sheet import ShortcutSheet
from .widgets import Pictures, px

if TYPE_CHECKING:
    from ..asking import Dialog
    from .app import App


class Modal:
    """A window that everything else waits for. Subclasses fill it in `fill`, and say what Enter does in `accept`.

    width: of what is inside, in units. focus: the field that is typed into at once.
    """

    width = 420.0
    title = ""

    def __init__(self, app: App, dialog: Dialog):
        self.app, self.session, self.dialog = app, app.session, dialog
        self.focus: int | str | None = None
        self._frames = 0
        self.window = dpg.add_window(label=f"{self.heading()}###modal", modal=True, no_resize=True, no_collapse=True,
                                     autosize=True, no_saved_settings=True, on_close=lambda: self.cancel(),
                                     pos=[dpg.get_viewport_client_width() // 3, dpg.get_viewport_client_height() // 4])
        with widgets.inside(self.window):
            dpg.add_spacer(width=self.wide, height=1)
            self.fill(**dialog.data)

    def heading(self) -> str:
        """What stands in the title bar."""
        return t(self.title, **{k: v for k, v in self.dialog.data.items() if isinstance(v, (str, int, float))})

    def fill(self, **data: Any) -> None:
        """Add what is in the window."""
        raise NotImplementedError

    def accept(self) -> None:
        """Enter was pressed."""
        self.cancel()

    def cancel(self) -> None:
        """Escape was pressed, or the window was closed."""
        self.session.answer()

    def key(self, name: str) -> bool:
        """A key other than Enter and Escape; whether it meant something here."""
        return False

    def update(self) -> None:
        """Once a frame: the window in the middle, the first field with the keyboard."""
        self._frames += 1
        widgets.center(self.window)
        if self._frames == 3 and self.focus is not None:
            dpg.focus_item(self.focus)

    def close(self) -> None:
        """Take the window away."""
        dpg.delete_item(self.window)

    @property
    def wide(self) -> int:
        """Pixels across inside the window: its width, as far as the viewport has that much."""
        return min(px(self.width), dpg.get_viewport_client_width() - px(60))

    def tall(self, units: float, beside: float = 60) -> int:
        """Pixels for a part of this height, so that the rest (beside: units besides title and buttons) is still seen."""
        return max(px(80), min(px(units), dpg.get_viewport_client_height() - px(130 + beside)))

    def buttons(self, *told: tuple[str, Callable[[], Any], str]) -> list[int | str]:
        """The row of buttons at the end: words, what each does, and its look ("primary", "danger", "")."""
        widgets.gap(8)
        made = []
        widths = [max(px(88), widgets.width_of(words) + px(28)) for words, _, _ in told]
        with dpg.group(horizontal=True, horizontal_spacing=px(8)):
            dpg.add_spacer(width=max(1, self.wide - sum(widths) - px(8) * len(told)))
            for (words, call, look), width in zip(told, widths, strict=True):
                button = dpg.add_button(label=words, callback=lambda s, a, call: call(), user_data=call, width=width)
                if look:
                    dpg.bind_item_theme(button, theme.look(look))
                made.append(button)
        return made

    def words(self, told: str, role: str = "text") -> int | str:
        """A paragraph."""
        return widgets.says(told, role, wrap=self.wide)


class Unsaved(Modal):
    """Save changes? answer("save" | "discard" | "cancel")."""

    title = "dialog.unsaved.title"

    def fill(self, name: str = "", **data: Any) -> None:
        self.words(t("dialog.unsaved.text", name=name))
        self.buttons((t("button.dont_save"), lambda: self.session.answer("discard"), ""),
                     (t("button.cancel"), self.cancel, ""),
                     (t("button.save"), self.accept, "primary"))

    def accept(self) -> None:
        self.session.answer("save")


class ChangedOnDisk(Modal):
    """The file was changed by another program. answer("reload" | "keep")."""

    title = "dialog.changed.title"

    def fill(self, name: str = "", **data: Any) -> None:
        dirty = self.session.document.dirty
        self.words(t("dialog.changed_dirty.text" if dirty else "dialog.changed.text", name=name))
        self.buttons((t("button.reload"), lambda: self.session.answer("reload"), "danger" if dirty else ""),
                     (t("button.keep_mine"), self.accept, "primary"))

    def accept(self) -> None:
        self.session.answer("keep")

    def cancel(self) -> None:
        self.session.answer("keep")


class Recover(Modal):
    """What a program that died left behind. answer(recovery | None)."""

    title = "dialog.recover.title"
    width = 520.0

    def fill(self, recoveries: Sequence[Any] = (), **data: Any) -> None:
        self.recoveries = list(recoveries)
        for recovery in self.recoveries:
            name = recovery.path.name if recovery.path else t("app.untitled")
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(recovery.seconds))
            self.words(t("dialog.recover.text", name=name, time=when))
            with widgets.row(8):
                widgets.says(str(recovery.path.parent) if recovery.path else "", "dim")
                if len(self.recoveries) > 1:
                    widgets.button(t("button.recover"), lambda r=recovery: self.session.answer(r), small=True)
            widgets.gap(4)
        one = [(t("button.recover"), self.accept, "primary")] if len(self.recoveries) == 1 else []
        self.buttons((t("button.discard"), lambda: self.session.answer(None), "danger"),
                     (t("button.later"), self.cancel, ""), *one)

    def accept(self) -> None:
        self.session.answer(self.recoveries[0])


class Words(Modal):
    """Asks for a line or a few of text. answer(text)."""

    label = ""
    many_lines = False

    def fill(self, name: str = "", **data: Any) -> None:
        if self.label:
            widgets.says(t(self.label), "dim")
        self.field = dpg.add_input_text(default_value=name, width=self.wide, multiline=self.many_lines,
                                        height=px(150) if self.many_lines else 0, auto_select_all=not self.many_lines,
                                        tab_input=False)
        self.focus = self.field
        self.buttons((t("button.cancel"), self.cancel, ""), (t(self.verb), self.accept, "primary"))

    verb = "button.ok"

    def accept(self) -> None:
        self.session.answer(dpg.get_value(self.field))


class Rename(Words):
    """Another name for a node, an input or an output."""

    title, label, verb = "dialog.rename.title", "dialog.rename.label", "button.rename"


class Group(Words):
    """The name of a subgraph's file."""

    title, label, verb = "dialog.group.title", "dialog.group.label", "button.ok"


class Text(Words):
    """The words of a note, or the title of a frame."""

    def heading(self) -> str:
        return t(f"dialog.{self.dialog.data['item'].kind}.title")

    def fill(self, item: Item | None = None, **data: Any) -> None:
        self.many_lines = item.kind == "note"
        super().fill(name=text(self.session.graph, item))

    def key(self, name: str) -> bool:
        if name == "Ctrl+Enter":
            self.accept()
        return name == "Ctrl+Enter"


def matches(typed: str, words: str) -> bool:
    """Whether each word that was typed is in a text, or at least its letters in their order in one of its words."""
    parts = words.casefold().split()
    return all(any(_letters(term, part) for part in parts) for term in typed.casefold().split())


def _letters(term: str, word: str) -> bool:
    rest = iter(word)
    return term in word or len(term) > 1 and all(letter in rest for letter in term)


class Listing(Modal):
    """A field to search with and a list to choose from with arrows, Enter and the mouse."""

    width = 480.0
    height = 320.0
    hint = "dialog.find.hint"
    chosen = 0

    def fill(self, **data: Any) -> None:
        self.search = dpg.add_input_text(hint=t(self.hint), width=self.wide, callback=lambda s, a: self.show(a))
        self.focus = self.search
        widgets.gap(4)
        self.list = widgets.area(width=self.wide, height=self.tall(self.height))
        self.show("")

    def found(self, typed: str) -> list[Any]:
        """What is listed for these letters."""
        raise NotImplementedError

    def line(self, thing: Any) -> tuple[str, str]:
        """What a row says, and in a fainter colour."""
        raise NotImplementedError

    def show(self, typed: str) -> None:
        """List what fits the letters."""
        self.things, self.chosen = self.found(typed)[:200], 0
        widgets.clear(self.list)
        self.rows = []
        with widgets.inside(self.list):
            if not self.things:
                widgets.says(t("dialog.find.none"), "dim", wrap=0)
            for number, thing in enumerate(self.things):
                main, more = self.line(thing)
                with widgets.row(10):
                    self.rows.append(dpg.add_selectable(
                        label=f"{main}##{number}", default_value=number == 0, width=round(self.wide * 0.42),
                        callback=lambda s, a, at: self.take(at), user_data=number))
                    widgets.says(more, "dim")

    def key(self, name: str) -> bool:
        step = {"Up": -1, "Down": 1, "PageUp": -8, "PageDown": 8}.get(name)
        if step is None or not self.things:
            return False
        dpg.set_value(self.rows[self.chosen], False)
        self.chosen = max(0, min(len(self.things) - 1, self.chosen + step))
        dpg.set_value(self.rows[self.chosen], True)
        widgets.scroll_to(self.list, self.chosen, len(self.things))
        return True

    def take(self, number: int) -> None:
        """A row was chosen."""
        self.session.answer(self.things[number])

    def accept(self) -> None:
        if self.things:
            self.take(self.chosen)


class Find(Listing):
    """An item by its name, its type or its words. answer(item)."""

    title = "dialog.find.title"

    def found(self, typed: str) -> list[Item]:
        here = [(item, self.told(item)) for item in items(self.session.graph) if item.kind != "dot"]
        return [item for item, words in here if matches(typed, words)]

    def told(self, item: Item) -> str:
        """The words that an item is found by."""
        graph = self.session.graph
        node = graph.nodes.get(item.name) if item.kind == "node" else None
        values = [v for v in node.inputs.values() if isinstance(v, str)] if node is not None else []
        kind = node.type if node is not None else t(f"item.{item.kind}")
        return " ".join([item.name, kind, text(graph, item), *values])

    def line(self, item: Item) -> tuple[str, str]:
        graph = self.session.graph
        if item.kind == "node":
            return item.name, graph.nodes[item.name].type
        return text(graph, item).split("\n")[0][:60] or item.name, t(f"item.{item.kind}")

    def heading(self) -> str:
        return t("dialog.find.title")


class Recent(Listing):
    """A file opened before. answer(path)."""

    title, hint = "command.file.open_recent", "dialog.file_name"

    def found(self, typed: str) -> list[str]:
        return [path for path in self.dialog.data["paths"] if typed.lower() in path.lower()]

    def line(self, path: str) -> tuple[str, str]:
        return Path(path).name, str(Path(path).parent)


class Templates(Modal):
    """A graph to begin with. answer(path)."""

    title = "dialog.template.title"
    width = 480.0

    def fill(self, templates: Sequence[Any] = (), **data: Any) -> None:
        self.templates = list(templates)
        if not self.templates:
            self.words(t("error.no_templates"), "dim")
        for number, template in enumerate(self.templates):
            made = dpg.add_button(label=template.title, width=self.wide, user_data=template.path,
                                  callback=lambda s, a, path: self.session.answer(path))
            if number == 0:
                dpg.bind_item_theme(made, theme.look("primary"))
            self.words(template.description, "dim")
            widgets.gap(6)
        self.buttons((t("button.cancel"), self.cancel, ""))

    def accept(self) -> None:
        if self.templates:
            self.session.answer(self.templates[0].path)


class Files(Modal):
    """A file or a folder to open, or a place to save to. answer(path)."""

    width = 640.0
    height = 340.0
    suffixes: tuple[str, ...] = ()
    saves = False
    verb = "button.open"

    def fill(self, folder: str = "", name: str = "", suffixes: Sequence[str] | None = None, **data: Any) -> None:
        self.suffixes = tuple(suffixes) if suffixes is not None else self.suffixes
        recent = self.session.settings.recent_files
        self.folder = nearest_folder(folder or None, self.app.last_folder, *recent[:1])
        self.chosen = -1
        with widgets.row(6):
            self.app.icons.button("up", lambda: self.go(self.folder.parent), tooltip=t("dialog.parent_folder"))
            self.shown = dpg.add_input_text(width=self.wide - px(40), on_enter=True,
                                            callback=lambda s, a: self.go(completed(self.folder, a)))
        with widgets.row(8):
            with dpg.child_window(always_use_window_padding=True, width=px(150), height=self.tall(self.height)):
                for place in places(folder or None, *(Path(p).parent for p in recent[:4]), *self.app.more_places()):
                    made = dpg.add_selectable(label=f"{place.name or place}##{place}", user_data=place,
                                              callback=lambda s, a, p: (dpg.set_value(s, False), self.go(p)))
                    widgets.tip(made, str(place))
            self.list = widgets.area(width=self.wide - px(158), height=self.tall(self.height))
        self.wrong = dpg.add_text("", color=theme.color("error"), wrap=self.wide, show=False)
        with widgets.row(8):
            widgets.says(t("dialog.file_name"), "dim", framed=True)
            self.name = dpg.add_input_text(default_value=name, width=-1, callback=lambda s, a: self.typed(),
                                           auto_select_all=True)
        self.focus = self.name
        *_, self.main = self.buttons((t("button.cancel"), self.cancel, ""), (t(self.verb), self.accept, "primary"))
        self.go(self.folder)

    def go(self, folder: Path) -> None:
        """List a folder; a file that was typed as a folder is chosen."""
        if folder.is_file():
            self.folder = folder.parent
            dpg.set_value(self.name, folder.name)
            return self.accept()
        try:
            self.entries = entries(folder, self.suffixes)
        except OSError as error:
            return self.complain(f"{folder}: {error.strerror or error}")
        self.folder, self.chosen = folder, -1
        self.complain("")
        dpg.set_value(self.shown, str(folder))
        widgets.clear(self.list)
        self.rows = []
        with widgets.inside(self.list):
            if not self.entries:
                widgets.says(t("dialog.empty_folder"), "dim")
            for number, entry in enumerate(self.entries):
                with widgets.row(6):
                    self.app.icons.image(entry.icon, "accent" if entry.is_folder else "dim")
                    self.rows.append(dpg.add_selectable(label=f"{entry.name}##{number}", user_data=number,
                                                        callback=lambda s, a, at: self.clicked(at)))
        dpg.set_y_scroll(self.list, 0)

    def clicked(self, number: int) -> None:
        """A row was clicked: it is marked, and opened when it was marked just before."""
        again = self.chosen == number and time.monotonic() - self.clicked_at < 0.5
        self.clicked_at = time.monotonic()
        self.mark(number)
        if again or self.entries[number].is_folder and not self.saves and again:
            self.accept()

    clicked_at = 0.0

    def mark(self, number: int) -> None:
        """Mark a row and put its name into the field."""
        if 0 <= self.chosen < len(self.rows):
            dpg.set_value(self.rows[self.chosen], False)
        self.chosen = number
        dpg.set_value(self.rows[number], True)
        entry = self.entries[number]
        if not (self.saves and entry.is_folder):
            dpg.set_value(self.name, entry.name)
        self.typed(keep=True)

    def key(self, name: str) -> bool:
        step = {"Up": -1, "Down": 1, "PageUp": -10, "PageDown": 10}.get(name)
        if step is None or not self.entries:
            return False
        self.mark(max(0, min(len(self.entries) - 1, self.chosen + step)))
        widgets.scroll_to(self.list, self.chosen, len(self.entries))
        return True

    def typed(self, keep: bool = False) -> None:
        """The name changed: say if a file of that name is there already."""
        if not keep and 0 <= self.chosen < len(self.rows):
            dpg.set_value(self.rows[self.chosen], False)
            self.chosen = -1
        self.agreed = False
        dpg.set_item_label(self.main, t(self.verb))
        self.complain("")

    agreed = False

    def marked(self) -> Entry | None:
        """The row that is marked."""
        return self.entries[self.chosen] if 0 <= self.chosen < len(self.entries) else None

    def accept(self) -> None:
        if dpg.is_item_focused(self.shown):
            return  # Enter there goes to the folder
        marked, typed = self.marked(), dpg.get_value(self.name).strip()
        if marked is not None and marked.is_folder and (self.saves or marked.name == typed):
            return self.go(marked.path)
        if not typed:
            return
        path = completed(self.folder, typed, self.suffixes[0] if self.saves and self.suffixes else "")
        if path.is_dir():
            return self.go(path)
        self.choose(path)

    def choose(self, path: Path) -> None:
        """A path was chosen, that is no folder."""
        if not path.is_file():
            return self.complain(t("error.file_gone", name=path.name))
        self.done(path)

    def done(self, path: Path) -> None:
        """Remember the folder and answer."""
        self.app.last_folder = path.parent
        self.session.answer(path)

    def complain(self, words: str) -> None:
        """Say what is wrong, in red, above the name."""
        dpg.set_value(self.wrong, words)
        dpg.configure_item(self.wrong, show=bool(words))


class Open(Files):
    """A graph file, or a picture with a graph in it."""

    title, suffixes = "dialog.open.title", GRAPHS

    def heading(self) -> str:
        return t("dialog.open.title")


class SaveAs(Files):
    """Where to write; asks before a file is replaced."""

    title, suffixes, verb, saves = "dialog.save_as.title", (".yaml", ".yml"), "button.save", True

    def choose(self, path: Path) -> None:
        if path.exists() and not self.agreed and path != self.session.document.path:
            self.agreed = True
            dpg.set_item_label(self.main, t("button.replace"))
            return self.complain(t("dialog.overwrite.text", name=path.name))
        self.done(path)


class Export(SaveAs):
    """Where to write a result. data: suffixes that it can be written as, the usual one first."""

    title = "dialog.export.title"


class ChooseFile(Files):
    """Any file, for a parameter."""

    title = "dialog.choose_file.title"


class ChooseFolder(Files):
    """A folder, for a model."""

    title = "dialog.choose_model.title"

    def accept(self) -> None:
        marked = self.marked()
        path = marked.path if marked is not None and marked.is_folder else self.folder
        self.done(path)

    def clicked(self, number: int) -> None:
        again = self.chosen == number and time.monotonic() - self.clicked_at < 0.5
        self.clicked_at = time.monotonic()
        self.mark(number)
        if again and self.entries[number].is_folder:
            self.go(self.entries[number].path)

    def done(self, path: Path) -> None:
        self.session.answer(path)


class Error(Modal):
    """Something went wrong. data: title, text; text may be long and can be copied."""

    title = "dialog.error.title"
    width = 600.0

    def heading(self) -> str:
        return t("dialog.error.title")

    def fill(self, title: str = "", text: str = "", **data: Any) -> None:
        self.text = text
        if title:
            self.words(title)
            widgets.gap(2)
        lines = text.count("\n") + 1 + sum(len(line) // 80 for line in text.split("\n"))
        if lines <= 4:
            self.words(text, "dim")
        else:
            dpg.add_input_text(default_value=text, multiline=True, readonly=True, width=self.wide,
                               height=self.tall(min(360, 19 * lines + 16), 100))
        self.buttons((t("button.copy"), lambda: dpg.set_clipboard_text(self.text), ""),
                     (t("button.close"), self.accept, "primary"))


class Sheet(Modal):
    """The shortcuts."""

    title, width = "shortcuts.title", 780.0

    def fill(self, **data: Any) -> None:
        ShortcutSheet(self.app, self.wide, self.tall(520, 30))
        self.buttons((t("button.close"), self.accept, "primary"))


class About(Modal):
    """What this is."""

    title = "dialog.about.title"

    def fill(self, **data: Any) -> None:
        from nodegraph import __version__

        self.words(t("about.text", version=__version__))
        self.words(t("about.license"), "dim")
        self.buttons((t("button.close"), self.accept, "primary"))


class Shown(Modal):
    """A result as large as the window allows. data: made, a `Made`."""

    title = "gallery.title"

    def heading(self) -> str:
        return self.dialog.data["made"].title

    def fill(self, made: Made, **data: Any) -> None:
        self.pictures, self.made, self.large = Pictures(), made, made.thumbnail
        self.most = dpg.get_viewport_client_width() - px(120), dpg.get_viewport_client_height() - px(170)
        self.area = dpg.add_group()
        self.buttons((t("button.export"), lambda: save(self.app, made), ""),
                     (t("button.close"), self.accept, "primary"))
        self._draw()
        self.session.progress.when(up.Enlarged, made.job, made.output, self._enlarged)
        self.session.runner.enlarge(made.job, made.output)

    def _draw(self) -> None:
        widgets.clear(self.area)
        with widgets.inside(self.area):
            content(self.app, self.pictures, self.made._replace(thumbnail=self.large, job=-1), *self.most, name="large")
        self.pictures.keep_only({"large"})

    def _enlarged(self, told: up.Enlarged) -> None:
        if told.picture is not None and self.app.dialogs.shown is self:
            self.large = told.picture
            self._draw()

    def close(self) -> None:
        super().close()
        self.pictures.close()


class OneResult(Modal):
    """All that a run made, and what went in. data: result."""

    title, width = "gallery.title", 560.0

    def fill(self, result: Result, **data: Any) -> None:
        self.pictures = Pictures()
        widgets.says(result.at.strftime("%Y-%m-%d %H:%M:%S"), "dim")
        fill_result(self.app, self.pictures, result, self.wide - px(30), self.tall(560))
        self.buttons((t("gallery.open"), lambda: reopen(self.app, result), ""),
                     (t("button.close"), self.accept, "primary"))

    def close(self) -> None:
        super().close()
        self.pictures.close()


class Compare(OneResult):
    """Two results side by side, and in what they differ. data: left, right."""

    title, width = "gallery.compare", 900.0

    def fill(self, left: Result, right: Result, **data: Any) -> None:
        self.pictures = Pictures()
        fill_differences(left, right, self.wide)
        with dpg.group(horizontal=True, horizontal_spacing=px(12)):
            for result in (left, right):
                with dpg.group():
                    widgets.says(result.at.strftime("%H:%M:%S"), "dim")
                    fill_result(self.app, self.pictures, result, self.wide // 2 - px(30), self.tall(400, 230))
        self.buttons((t("button.close"), self.accept, "primary"))


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
