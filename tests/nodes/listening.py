"""Who listens to a training, and stops it."""


class Stop(Exception):
    """Ends a training from without, as a person does."""


class Listener:
    """A context that asks for previews, keeps what was told with them as (text, shape), and stops at the second."""

    device, previews = "cpu", True

    def __init__(self):
        self.seen = []

    def report(self, done, total=None, text="", preview=None):
        if preview is None:
            return
        self.seen.append((text, preview.shape))
        if len(self.seen) == 2:
            raise Stop
