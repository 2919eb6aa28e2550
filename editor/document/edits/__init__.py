"""Every gesture of the editor as a function from one Graph to the next. None of them changes what it is given."""

from .following import GONE, dots_renamed, with_refs
from .linking import connect, disconnect, move_link
from .names import NAME, EditRefused, free_name, taken
from .nodes import (
    add_input,
    add_node,
    add_output,
    clear_value,
    delete,
    delete_reconnect,
    rename,
    set_each,
    set_input,
    set_state,
    set_title,
    set_value,
    set_words,
    state_of,
)
from .places import add_dot, add_frame, add_note, collapse, lead_through, move, paint, prune_dots, resize, set_text
from .promotion import demote, input_like, input_name, order_inputs, promote

__all__ = ["GONE", "NAME", "EditRefused", "add_dot", "add_frame", "add_input", "add_node", "add_note", "add_output",
           "clear_value", "collapse", "connect", "delete", "delete_reconnect", "demote", "disconnect", "dots_renamed",
           "free_name", "input_like", "input_name", "lead_through", "move", "move_link", "order_inputs", "paint", "promote",
           "prune_dots", "rename", "resize", "set_each", "set_input", "set_state", "set_text", "set_title", "set_value",
           "set_words", "state_of", "taken", "with_refs"]
