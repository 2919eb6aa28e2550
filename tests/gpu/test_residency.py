"""What flows between nodes that work on a device stays there."""

import gc

from nodegraph import Engine

from .ground import BIG, DEVICE, HAS_GPU, NAME, allocated, chain, copies_to_host, device_only, engine, graph, on_gpu

pytestmark = on_gpu
LENGTH = 12
STEPS = 20 if HAS_GPU else 2
PAINTING = f"""nodes:
  idea: {{type: diffusion.encode, model: starter/painter, prompt: a red boat, max_sequence_length: 16}}
  sketch: {{type: diffusion.sample, model: starter/painter, conditioning: $idea, seed: 0, steps: {STEPS}}}
  picture: {{type: diffusion.decode, model: starter/painter, latent: $sketch}}
outputs: {{picture: $picture}}"""


def test_links_between_nodes_on_the_device_copy_nothing_to_the_host(figure):
    e = engine()
    with copies_to_host() as copies:
        result = e.run(chain(LENGTH))
    assert not result.errors, result.errors
    last = result["last"]
    assert str(last.device) == DEVICE and float(last[0]) == float(last[-1]) == LENGTH - 1
    figure("copied to the host", f"{sum(copies)} bytes, all of them names, of {LENGTH} tensors of {BIG >> 20} MiB")
    assert all(size <= NAME for size in copies) and sum(copies) <= LENGTH * NAME
    # At least one for each name: a profiler that sees no copy at all would prove nothing.
    assert len(copies) >= LENGTH or not HAS_GPU


def test_a_picture_is_painted_without_leaving_the_device(figure):
    painting = graph(PAINTING)
    with Engine(None, device=DEVICE, dtype="float32") as e:
        assert not e.run(painting).errors  # the model is loaded now, and its kernels are chosen
        with copies_to_host() as copies:
            result = e.run(painting.with_value("idea", "prompt", "a blue boat").with_value("sketch", "seed", 1))
        assert not result.errors, result.errors
        picture = result["picture"]
    assert picture.device.type == DEVICE.split(":")[0] and picture.shape[0] == 3
    figure("copied to the host", f"{sum(copies)} bytes in {len(copies)} copies; the picture has {picture.nbytes}")
    # Schedulers look at their time steps, one by one or all at once.
    assert all(size <= NAME + 8 * STEPS for size in copies) and sum(copies) * 10 < picture.nbytes
    assert copies or not HAS_GPU


@device_only
def test_what_is_kept_on_disk_is_copied_to_the_host_once(tmp_path, figure):
    length = 4
    with engine(tmp_path) as e, copies_to_host() as copies:
        assert not e.run(chain(length)).errors
    figure("copied to the host", f"{sum(copies) / BIG:.2f} times {BIG >> 20} MiB, of {length} tensors of that size")
    assert copies and sum(copies) <= length * (BIG + NAME)


@device_only
def test_an_engine_that_goes_leaves_nothing_on_the_device(figure):
    before = allocated()
    e = engine()
    e.run(chain(LENGTH))
    held = allocated() - before
    e.close()
    del e
    gc.collect()
    figure("left", f"{allocated() - before} bytes of {held >> 20} MiB")
    assert held >= LENGTH * BIG and allocated() == before
