"""The sentences that people read, each under a code: an English table here, other languages where they are shown.

A Phrase is its English sentence, and remembers the code and the facts that it was made of. So it can be printed,
raised and put into a Problem like any text, and an editor can say the same in another language:

    say("node.no-input", node="blur", input="radios")     # 'blur has no input radios'
    phrase.code, phrase.facts                             # 'node.no-input', {'node': 'blur', 'input': 'radios'}

A fact may be a Phrase itself. A code is two short words, the thing and what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENGLISH: dict[str, str] = {
    "run.stopped": "the run was stopped",
}


class Phrase(str):
    """A sentence with the code and the facts behind it."""

    code: str
    facts: Mapping[str, Any]

    def __new__(cls, code: str, facts: Mapping[str, Any], text: str) -> Phrase:
        self = super().__new__(cls, text)
        self.code, self.facts = code, facts
        return self

    def __str__(self) -> str:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Phrase, (self.code, self.facts, self[:])


def say(code: str, **facts: Any) -> Phrase:
    """The English sentence of a code. Raises KeyError for a code or a fact that is not there."""
    return Phrase(code, facts, ENGLISH[code].format_map(facts))
