"""What the tests of media share."""

import pytest

from nodegraph_nodes.media.pictures import files as image_files


@pytest.fixture
def read(tmp_path):
    """Reads the bytes of a picture file: an array (height, width, channels) in 0..1."""
    def run(data, name="some.picture", **settings):
        (tmp_path / name).write_bytes(data)
        return image_files.load(tmp_path / name, **settings).numpy().transpose(1, 2, 0)
    return run
