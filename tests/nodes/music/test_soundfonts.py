"""Soundfonts are played in tune: by the root keys of zones, which symusic's synthesizer passes over."""

import struct

import numpy as np
import pytest

from nodegraph_nodes.media.score import Note, Score, Track
from nodegraph_nodes.music.render import default_soundfont, render
from nodegraph_nodes.music.soundfonts import in_tune, retuned

ROOT, SAMPLE, RANGE = 58, 53, 43


@pytest.mark.parametrize("program", [0, 4, 24, 32, 40, 73])
def test_each_instrument_plays_the_pitch_that_is_written(program):
    """Its partials lie at multiples of the pitch's frequency, the odd ones too."""
    sound = render(Score((Track("one", program, False, (Note(62, 0, 1),)),), ((0.0, 60.0),)), room=0, tail=0)
    part = sound.samples.numpy()[0, 6000:36_000]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
    partials = np.fft.rfftfreq(len(part), 1 / 44_100) / 293.66
    near = np.abs(partials - partials.round()) < 0.03 * partials.clip(1, 4)
    assert spectrum[near & (partials > 0.5)].sum() > 0.9 * spectrum.sum()
    assert spectrum[near & (partials.round() % 2 == 1)].sum() > 0.01 * spectrum.sum()


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def soundfont(*instruments, pitches=(60, 72)):
    """A soundfont without sound: instruments of zones, each a dict of generators; recordings of these pitches."""
    inst, bags, generators = b"", b"", b""
    for zones in (*instruments, ()):
        inst += struct.pack("<20sH", b"i", len(bags) // 4)
        for zone in zones:
            bags += struct.pack("<HH", len(generators) // 4, 0)
            generators += b"".join(struct.pack("<Hh", *pair) for pair in zone.items())
    bags += struct.pack("<HH", len(generators) // 4, 0)
    headers = b"".join(struct.pack("<20s5IBbHH", b"s", 0, 9, 0, 9, 44_100, pitch, 0, 0, 1) for pitch in (*pitches, 0))
    tables = chunk(b"inst", inst) + chunk(b"ibag", bags) + chunk(b"igen", generators + bytes(4)) + chunk(b"shdr", headers)
    body = b"sfbk" + chunk(b"LIST", b"INFO" + chunk(b"INAM", b"odd")) + chunk(b"LIST", b"sdta" + chunk(b"smpl", bytes(18)))
    return chunk(b"RIFF", body + chunk(b"LIST", b"pdta" + tables))


def heard(content):
    """The pitch that each zone's header says, in order."""
    at = content.index(b"shdr") + 8
    headers = content[at:]
    at = content.index(b"igen") + 8
    table = content[at:at + struct.unpack_from("<I", content, at - 4)[0]]
    pairs = [struct.unpack_from("<Hh", table, place) for place in range(0, len(table) - 4, 4)]
    return [headers[value * 46 + 40] for kind, value in pairs if kind == SAMPLE]


def test_each_zone_has_a_header_of_its_root_key_and_what_says_none_keeps_its_own():
    content = soundfont([{RANGE: 0, ROOT: 80, SAMPLE: 0}, {ROOT: 60, SAMPLE: 0}, {SAMPLE: 1}, {ROOT: -1, SAMPLE: 1}],
                        [{ROOT: 48}, {SAMPLE: 1}, {ROOT: 80, SAMPLE: 0}])
    assert heard(content) == [60, 60, 72, 72, 72, 60]
    tuned = retuned(content)
    assert heard(tuned) == [80, 60, 72, 72, 48, 80]
    assert len(tuned) == len(content) + 2 * 46 and struct.unpack_from("<I", tuned, 4)[0] == len(tuned) - 8
    assert tuned[12:tuned.index(b"pdta") - 8] == content[12:content.index(b"pdta") - 8]
    assert retuned(tuned) == tuned


def test_a_soundfont_in_tune_and_what_is_none_stay_the_files_they_are(tmp_path):
    for name, content in (("plain.sf2", soundfont([{SAMPLE: 0}])), ("none.sf2", b"not instruments"),
                          ("cut.sf2", soundfont([{ROOT: 80, SAMPLE: 0}])[:-40])):
        (tmp_path / name).write_bytes(content)
        assert in_tune(tmp_path / name) == tmp_path / name
    copy = in_tune(default_soundfont())
    assert copy != default_soundfont() and copy == in_tune(default_soundfont()) and retuned(copy.read_bytes()) == copy.read_bytes()
