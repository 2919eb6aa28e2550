"""How many random cases the tests try: in one knob, NODEGRAPH_FUZZ, since whoever wants more of some wants more of all."""

import os

WHOLE = 600
GRAPHS = int(os.environ.get("NODEGRAPH_FUZZ", 120))  # random graphs; `.ci/run` takes many more


def cases(whole: int) -> int:
    """Of something else that is tried `whole` times beside WHOLE graphs, as many as go with those that are asked for."""
    return max(1, whole * min(GRAPHS, WHOLE) // WHOLE)
