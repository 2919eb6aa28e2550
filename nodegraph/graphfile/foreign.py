"""Workflows of other programs, told by their marks, so that nobody is told what is wrong with them as graphs."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

COMFY, COMFY_API = "a ComfyUI workflow", "a ComfyUI workflow in its API form"
_PICTURES = (({"workflow", "prompt"}, "a picture that carries a ComfyUI workflow"),
             ({"parameters"}, "a picture that carries AUTOMATIC1111's parameters"),
             ({"invokeai_metadata", "invokeai_workflow", "invokeai_graph", "sd-metadata", "Dream"},
              "a picture that carries InvokeAI's record"),
             ({"fooocus_scheme"}, "a picture that carries Fooocus's parameters"))
_BYTES = ((rb'"class_type"', "a picture that carries a ComfyUI workflow"),
          (rb"(?s)S\0?t\0?e\0?p\0?s\0?:\0? \0?\d.{0,200}S\0?a\0?m\0?p\0?l\0?e\0?r\0?:",
           "a picture that carries AUTOMATIC1111's parameters"))
_HEAD = 1 << 20  # bytes of a picture in which such a record is looked for


def foreign_picture(data: bytes, keywords: Collection[str]) -> str:
    """What a picture carries of another program; "" if nothing that is known.

    keywords: of its texts, if it is a PNG.
    """
    named = next((what for words, what in _PICTURES if words & set(keywords)), "")
    if named or keywords:
        return named
    return next((what for pattern, what in _BYTES if re.search(pattern, data[:_HEAD])), "")


def foreign_text(text: str) -> str:
    """What a text is of another program, all of which are JSON; "" if it is no such thing."""
    if not text.lstrip("\N{BOM} \t\r\n").startswith("{") or '"' not in text:
        return ""
    try:
        document = json.loads(text.lstrip("\N{BOM}"))
    except (ValueError, RecursionError):
        return ""
    return _foreign(document) if isinstance(document, dict) and "nodegraph" not in document else ""


def _foreign(document: Mapping[str, Any]) -> str:
    prompt = document.get("prompt", document)
    if isinstance(prompt, dict) and prompt and \
            all(isinstance(node, dict) and "class_type" in node for node in prompt.values()):
        return COMFY_API
    nodes = document.get("nodes")
    if isinstance(nodes, list):
        if "edges" in document:
            return "an InvokeAI workflow"
        if "links" in document or "last_node_id" in document:
            return COMFY
    content = document.get("content")
    return "a chaiNNer chain" if isinstance(content, dict) and "edges" in content else ""
