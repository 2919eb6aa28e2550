"""Sound files of every kind, read and written again; each is made here, by hand where no library would make it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from nodegraph import InputError
from nodegraph.cli import main
from nodegraph_nodes.media import audio as noun
from nodegraph_nodes.media.audio import Audio
from nodegraph_nodes.media.read_audio import read_audio
from nodegraph_nodes.media.resample import resample
from nodegraph_nodes.media.sounds import files as sound_file

SAVE = Audio.__porttype__.exports
RAMP = np.arange(-1000, 1000, dtype=np.int16)


def tone(seconds: float = 1, rate: int = 44100, channels: int = 2) -> Audio:
    wave = torch.sin(torch.arange(int(seconds * rate), dtype=torch.float64) * 2 * torch.pi * 440 / rate) / 2
    return Audio(wave.float().repeat(channels, 1), rate)


def chunk(kind: bytes, body: bytes, pad: bool = True, size: int | None = None) -> bytes:
    return kind + struct.pack("<I", len(body) if size is None else size) + body + b"\0" * (len(body) % 2 and pad)


def wav(data: bytes, bits: int = 16, channels: int = 1, tag: int = 1, rate: int = 8000, before: bytes = b"",
        size: int | None = None) -> bytes:
    frame = channels * ((bits + 7) // 8)
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits)
    body = b"WAVE" + chunk(b"fmt ", fmt) + before + chunk(b"data", data, size=size)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def load(path: Path, data: bytes) -> np.ndarray:
    path.write_bytes(data)
    return sound_file.load(path)[0]


# ---- read

@pytest.mark.parametrize("subtype, format, near", [
    ("PCM_U8", "WAV", 2 ** -7), ("PCM_16", "WAV", 2 ** -15), ("PCM_24", "WAV", 2 ** -23), ("PCM_32", "WAV", 2 ** -24),
    ("FLOAT", "WAV", 0), ("DOUBLE", "WAV", 0), ("PCM_24", "WAVEX", 2 ** -23), ("FLOAT", "WAVEX", 0), ("ULAW", "WAV",
                                                                                                      0.02),
    ("ALAW", "WAV", 0.02), ("IMA_ADPCM", "WAV", 0.2), ("MS_ADPCM", "WAV", 0.05), ("PCM_16", "RF64", 2 ** -15),
    ("PCM_24", "FLAC", 2 ** -23), ("VORBIS", "OGG", 0.03), ("PCM_16", "AIFF", 2 ** -15), ("FLOAT", "AIFF", 0),
    ("PCM_24", "W64", 2 ** -23), ("PCM_16", "AU", 2 ** -15), ("PCM_16", "CAF", 2 ** -15), ("MPEG_LAYER_III", "MP3",
                                                                                           0.05),
])
def test_each_kind_of_file_gives_its_samples(tmp_path, subtype, format, near):
    samples = tone().samples.numpy()
    soundfile.write(tmp_path / "sound", samples.T, 44100, subtype, format=format)
    read, rate = sound_file.load(tmp_path / "sound")
    assert rate == 44100 and read.dtype == np.float32 and read.shape[0] == 2
    assert 44100 <= read.shape[1] < 44100 + 2048
    assert np.abs(read[:, :44100] - samples).max() <= near


def test_a_big_endian_wav_gives_the_same_samples(tmp_path):
    soundfile.write(tmp_path / "a.wav", RAMP, 8000, "PCM_16", "BIG")
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RIFX"
    assert (sound_file.load(tmp_path / "a.wav")[0][0] * 32768 == RAMP).all()


@pytest.mark.parametrize("bits", [36, 45, 53, 64])
def test_integers_of_more_than_32_bits_keep_their_upper_ones(tmp_path, bits):
    width = (bits + 7) // 8
    values = [-(2 ** (bits - 1)), -(2 ** (bits - 2)), 0, 2 ** (bits - 3), 2 ** (bits - 1) - 1]
    raw = b"".join((value << (8 * width - bits)).to_bytes(width, "little", signed=True) for value in values)
    assert load(tmp_path / "a.wav", wav(raw, bits))[0].tolist() == pytest.approx([-1, -0.5, 0, 0.25, 1], abs=1e-6)


def test_an_odd_chunk_without_its_pad_is_passed_over(tmp_path):
    odd = chunk(b"note", b"abc", pad=False)
    assert (load(tmp_path / "a.wav", wav(RAMP.tobytes(), before=odd))[0] * 32768 == RAMP).all()


def test_a_chunk_that_lies_about_its_size_is_passed_over(tmp_path):
    lie = chunk(b"LIST", b"abcd", size=1 << 30)
    assert (load(tmp_path / "a.wav", wav(RAMP.tobytes(), before=lie))[0] * 32768 == RAMP).all()


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_a_wav_whose_length_was_not_known_is_read_to_its_end(tmp_path, size):
    assert (load(tmp_path / "a.wav", wav(RAMP.tobytes(), size=size))[0] * 32768 == RAMP).all()


def test_a_wav_cut_inside_a_sample_gives_the_whole_ones_and_says_so(tmp_path):
    whole = wav(RAMP.tobytes())
    (tmp_path / "a.wav").write_bytes(whole[:44 + 301])
    with pytest.warns(UserWarning, match="a.wav is cut short: the 0.019 s that are there are read"):
        samples, _ = sound_file.load(tmp_path / "a.wav")
    assert (samples[0] * 32768 == RAMP[:150]).all()


@pytest.mark.parametrize("format, subtype", [("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("AIFF", "PCM_16"), ("CAF",
                                                                                                         "PCM_16"),
                                             ("W64", "PCM_16"), ("AU", "PCM_16"), ("OGG", "OPUS")])
def test_a_file_cut_short_gives_what_is_there_and_says_so(tmp_path, format, subtype):
    path = tmp_path / "sound"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 48000 * 4)
    soundfile.write(path, noise, 48000, subtype, format=format)
    data = path.read_bytes()
    path.write_bytes(data[:len(data) * 2 // 3])
    with pytest.warns(UserWarning, match="sound is (cut short|damaged after)"):
        samples, _ = sound_file.load(path)
    assert 48000 < samples.shape[1] < 48000 * 3
    assert np.abs(samples[0, :4800] - noise[:4800]).mean() < 0.3


def test_a_flac_whose_length_was_not_known_is_read_to_its_end(tmp_path):
    soundfile.write(tmp_path / "a.flac", RAMP, 8000)
    data = bytearray((tmp_path / "a.flac").read_bytes())
    data[21] &= 0xF0  # 36 bits of STREAMINFO: how many samples there are, 0 for unknown
    data[22:26] = b"\0\0\0\0"
    assert (load(tmp_path / "b.flac", bytes(data))[0] * 32768 == RAMP).all()


def test_a_bw64_and_an_mp3_behind_zeros_are_read(tmp_path):
    soundfile.write(tmp_path / "a.wav", RAMP, 8000, "PCM_16", format="RF64")
    bw64 = b"BW64" + (tmp_path / "a.wav").read_bytes()[4:]
    assert (load(tmp_path / "b.wav", bw64)[0] * 32768 == RAMP).all()
    soundfile.write(tmp_path / "a.mp3", tone().samples.numpy().T, 44100)
    behind = load(tmp_path / "b.mp3", b"\0" * 999 + (tmp_path / "a.mp3").read_bytes())
    assert (behind == sound_file.load(tmp_path / "a.mp3")[0]).all()


DELAY = 529  # samples that a decoder of MP3 leaves out at the beginning


def mp3_frames(kilobits: list[int]) -> list[bytes]:
    """Frames of silence of MPEG 1, layer III, 44.1 kHz, mono, each with a bit rate of its own."""
    rates = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    return [struct.pack(">I", 0xFFFB00C0 | rates.index(one) << 12).ljust(144000 * one // 44100, b"\0") for one in kilobits]


def test_an_mp3_of_variable_bit_rate_that_does_not_tell_its_length_is_read_whole(tmp_path, capfd):
    frames = mp3_frames([320] * 5 + [32, 64] * 50)
    tag = b"APETAGEX" + b"\0" * 200 + b"TAG" + b"\0" * 125
    for data in (b"".join(frames), b"\0" * 99 + b"".join(frames), b"".join(frames) + tag):
        assert load(tmp_path / "a.mp3", data).shape == (1, 105 * 1152 - DELAY)
    assert not capfd.readouterr().err  # the decoder has nothing to say


def test_of_a_damaged_mp3_what_is_no_sound_is_told_of_and_so_is_a_cut(tmp_path):
    frames = mp3_frames([32, 64] * 50)
    with pytest.warns(UserWarning, match="13 bytes in the midst"):
        sound = load(tmp_path / "a.mp3", b"".join(frames[:40]) + b"junkjunkjunk!" + b"".join(frames[40:]))
    assert sound.shape[1] == 100 * 1152 - DELAY
    with pytest.warns(UserWarning, match="cut short"):
        assert load(tmp_path / "b.mp3", b"".join(frames)[:-20]).shape[1] == 99 * 1152 - DELAY


def test_gsm_which_knows_no_way_but_forward_is_read_whole_and_in_part(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(1, 8000, 1).samples.numpy().T, 8000, "GSM610")
    whole = sound_file.load(tmp_path / "a.wav")[0]
    assert 8000 <= whole.shape[1] < 8400
    assert (sound_file.load(tmp_path / "a.wav", start=0.5, seconds=0.25)[0] == whole[:, 4000:6000]).all()


def test_of_sounds_after_each_other_in_an_ogg_the_first_is_read_and_told_of(tmp_path):
    soundfile.write(tmp_path / "a.ogg", tone().samples.numpy().T, 44100)
    (tmp_path / "b.ogg").write_bytes((tmp_path / "a.ogg").read_bytes() * 3)
    with pytest.warns(UserWarning, match="holds 3 sounds after each other"):
        samples, _ = sound_file.load(tmp_path / "b.ogg")
    assert (samples == sound_file.load(tmp_path / "a.ogg")[0]).all()


@pytest.mark.parametrize("data, said", [
    (b"", "is empty: it has no bytes"),
    (b"<!DOCTYPE html><title>404</title>", "is an HTML page and no sound, which is what a failed download"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "was not downloaded; fetch it with `git lfs pull`"),
    (b"MThd\0\0\0\6\0\0\0\1\1\xe0", "is a MIDI file and no sound; it holds notes: read it with media.read_score"),
    (b"\xff\xd8\xff\xe0 jfif", "is a JPEG picture and no sound"),
    (b"\0\0\0\x1cftypM4A \0\0\0\0",
     r"is an M4A sound \(AAC or ALAC\), which is not read; make a FLAC of it: ffmpeg -i x.wav x.flac"),
    (b"\0\0\0\x1cftypisom\0\0\0\0",
     "is an MP4 video and no sound; take its sound with media.read_video and video.sound, or: ffmpeg -i x.wav -vn"),
    (b"0&\xb2u\x8ef\xcf\x11", "is a Windows Media file"),
    (b"PK\3\4" + b"\0" * 40, "is a ZIP archive and no sound; unpack it first"),
    (b"just words, no sound", "is no sound file of a kind that is known here"),
    (wav(b"", tag=0xFF), "is a WAV sound with AAC inside, which is not read; make a FLAC"),
    (wav(b"\0" * 8, channels=0), "is a WAV sound whose header tells of 0 channels"),
    (b"RIFF\4\0\0\0WAVE", "is a WAV sound that is damaged"),
    (b"OggS" + b"\0" * 24 + b"Speex   ", "is a Speex sound, which is not read"),
])
def test_what_is_no_sound_is_named_with_what_to_do(tmp_path, data, said):
    (tmp_path / "x.wav").write_bytes(data)
    with pytest.raises(InputError, match=said) as caught:
        sound_file.load(tmp_path / "x.wav")
    assert str(caught.value).startswith(str(tmp_path / "x.wav")) and "\n" not in str(caught.value)


def test_what_a_file_is_called_does_not_count(tmp_path):
    soundfile.write(tmp_path / "a.wav", RAMP, 8000)
    for name in ("take.raw", "名前 #&.mp3", "x.vox", "song"):
        (tmp_path / "a.wav").rename(tmp_path / name)
        assert (sound_file.load(tmp_path / name)[0][0] * 32768 == RAMP).all()
        (tmp_path / name).rename(tmp_path / "a.wav")


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        sound_file.load(tmp_path / "absent.wav")
    with pytest.raises(InputError, match="is a folder"):
        sound_file.load(tmp_path)


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_told_with_their_place(tmp_path, odd):
    samples = np.zeros(8000, np.float32)
    samples[[4000, 4001]] = odd
    soundfile.write(tmp_path / "a.wav", samples, 8000, "FLOAT")
    with pytest.raises(InputError, match="holds 2 samples that are no numbers .*the first at 0.500 s"):
        sound_file.load(tmp_path / "a.wav")


def test_a_sound_without_samples_is_read_and_told_of(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(b""))
    with pytest.warns(UserWarning, match="holds no samples"):
        assert sound_file.load(tmp_path / "a.wav")[0].shape == (1, 0)


def test_a_part_of_a_sound_is_read_by_seconds(tmp_path):
    soundfile.write(tmp_path / "a.wav", RAMP, 1000)
    part = read_audio(tmp_path / "a.wav", start=0.5, seconds=0.25)
    assert (part.samples[0] * 32768).tolist() == RAMP[500:750].tolist()
    with pytest.raises(InputError, match="is 2.00 s long; start lies behind its end"):
        read_audio(tmp_path / "a.wav", start=2)


def test_a_sound_too_long_for_memory_is_refused_with_the_way_round(tmp_path, monkeypatch):
    monkeypatch.setattr(sound_file, "MOST_VALUES", 1500)
    soundfile.write(tmp_path / "a.wav", RAMP, 1000)
    with pytest.raises(InputError, match="is longer than 2 s, the most that is read at once; give start and seconds"):
        read_audio(tmp_path / "a.wav")
    assert read_audio(tmp_path / "a.wav", seconds=1).samples.shape == (1, 1000)


# ---- written

@pytest.mark.parametrize("kind", ["wav", "flac", "aiff"])
def test_every_16_bit_value_comes_back_unchanged(tmp_path, kind):
    every = np.arange(-32768, 32768, dtype=np.int16)
    soundfile.write(tmp_path / "in.wav", every, 44100)
    SAVE[kind](read_audio(tmp_path / "in.wav"), tmp_path / f"out.{kind}")
    assert soundfile.info(tmp_path / f"out.{kind}").subtype == "PCM_16"
    assert (soundfile.read(tmp_path / f"out.{kind}", dtype="int16")[0] == every).all()


@pytest.mark.parametrize("kind", ["wav", "flac", "aiff"])
def test_24_bit_values_come_back_unchanged(tmp_path, kind):
    ends = [-2 ** 23, -2 ** 23 + 1, -1, 0, 1, 2 ** 23 - 1]
    every = np.array([*ends, *np.random.default_rng(0).integers(-2 ** 23, 2 ** 23, 50_000)], np.int32) << 8
    soundfile.write(tmp_path / "in.wav", every, 48000, "PCM_24")
    SAVE[kind](read_audio(tmp_path / "in.wav"), tmp_path / f"out.{kind}")
    assert soundfile.info(tmp_path / f"out.{kind}").subtype == "PCM_24"
    assert (soundfile.read(tmp_path / f"out.{kind}", dtype="int32")[0] == every).all()


def test_16_bits_go_through_a_run_of_the_command_line_unchanged(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    soundfile.write(tmp_path / "in.wav", np.arange(-32768, 32768, dtype=np.int16), 44100)
    (tmp_path / "g.yaml").write_text("nodegraph: 1\nnodes: {a: {type: media.read_audio, file: in.wav}}\noutputs: {a: $a}\n")
    for _ in range(2):  # computed, and remembered
        assert main(["run", "g.yaml", "--out", "out", "--cache", "cache", "--overwrite"]) == 0, capsys.readouterr().err
        assert (soundfile.read(tmp_path / "out" / "a.wav", dtype="int16")[0] == np.arange(-32768, 32768)).all()


def test_samples_beyond_full_scale_are_clipped_and_told_of(tmp_path):
    loud = Audio(torch.tensor([[2.0, -4.0, 1.0, 0.25]]), 8000)
    with pytest.warns(UserWarning, match=r"2 of 4 samples lie beyond -1..1 .* by 12.0 dB \(it is 4\)"):
        SAVE["wav"](loud, tmp_path / "a.wav")
    assert sound_file.load(tmp_path / "a.wav")[0][0].tolist() == [1 - 2 ** -23, -1, 1 - 2 ** -23, 0.25]


@pytest.mark.parametrize("kind", ["ogg", "mp3", "opus"])
def test_more_quality_makes_a_larger_file_that_is_nearer_to_the_sound(tmp_path, kind):
    rate = 48000
    noise = np.random.default_rng(1).normal(0, 0.1, (1, rate * 2)).astype(np.float32)
    sound, sizes, errors = Audio(torch.from_numpy(noise), rate), [], []
    for quality in (10, 95):
        SAVE[kind](sound, tmp_path / f"a.{kind}", quality=quality)
        back = sound_file.load(tmp_path / f"a.{kind}")[0]
        sizes.append((tmp_path / f"a.{kind}").stat().st_size)
        length = min(back.shape[1], rate)
        errors.append(np.abs(back[:, :length] - noise[:, :length]).mean())
    assert sizes[0] < sizes[1] and errors[1] < errors[0]


@pytest.mark.parametrize("kind, rate, becomes", [("mp3", 96000, 48000), ("mp3", 22000, 22050), ("opus", 44100, 48000),
                                                 ("ogg", 384000, 192000)])
def test_a_rate_that_a_format_cannot_hold_is_resampled_and_told_of(tmp_path, kind, rate, becomes):
    with pytest.warns(UserWarning, match=f"holds no {rate} Hz; the sound is resampled to {becomes} Hz"):
        SAVE[kind](tone(1, rate, 1), tmp_path / f"a.{kind}")
    samples, found = sound_file.load(tmp_path / f"a.{kind}")
    assert found == becomes and abs(samples.shape[1] - becomes) < 1200


def test_what_a_format_cannot_hold_at_all_is_refused_with_what_can(tmp_path):
    with pytest.raises(InputError, match="MP3 holds 2 channels at most, and this sound has 6; write it as wav"):
        SAVE["mp3"](tone(channels=6), tmp_path / "a.mp3")
    with pytest.raises(InputError, match="FLAC holds 8 channels at most"):
        SAVE["flac"](tone(channels=9), tmp_path / "a.flac")
    with pytest.raises(InputError, match="flac cannot hold a sound of 1 channels at 2000000 Hz"):
        SAVE["flac"](Audio(torch.zeros(1, 9), 2_000_000), tmp_path / "a.flac")
    with pytest.raises(InputError, match="a sound of 0 samples cannot be written as mp3"):
        SAVE["mp3"](Audio(torch.zeros(1, 0), 8000), tmp_path / "a.mp3")
    assert not [*tmp_path.iterdir()]


# ---- rates and channels

def test_a_resampled_tone_is_the_tone_at_the_other_rate():
    for rate in (8000, 22050, 48000, 96000):
        made = noun.resampled(tone(1, 44100, 2), rate)
        wanted = tone(1, rate, 2).samples
        assert made.sample_rate == rate and made.samples.shape == wanted.shape
        inside = slice(rate // 20, -rate // 20)  # a sound begins and ends suddenly, and a filter rings there
        assert (made.samples - wanted)[:, inside].abs().max() < 1e-4


def test_what_the_new_rate_cannot_hold_is_taken_away():
    wave = torch.sin(torch.arange(44100, dtype=torch.float64) * 2 * torch.pi * 9000 / 44100)
    high = Audio(wave[None].float(), 44100)
    assert noun.resampled(high, 8000).samples[:, 400:-400].abs().max() < 1e-4


def test_a_sound_at_its_own_rate_stays_as_it_is():
    sound = tone()
    assert resample(sound, 44100).samples is sound.samples and resample(sound, 0).samples is sound.samples


def test_channels_are_mixed_by_their_rules(tmp_path):
    left, right = torch.full((1, 4), 0.5), torch.full((1, 4), -0.25)
    two = Audio(torch.cat([left, right]), 8000)
    assert resample(two, 0, "mono").samples.tolist() == [[0.125] * 4]
    assert resample(Audio(left, 8000), 0, "stereo").samples.tolist() == [[0.5] * 4] * 2
    six = torch.zeros(6, 1)
    six[1] = 1
    assert resample(Audio(six, 8000), 0, "stereo").samples[:, 0].tolist() == pytest.approx([0, 1 / 2.4142], abs=1e-4)
    with pytest.raises(InputError, match="3 channels cannot be made stereo"):
        resample(Audio(torch.zeros(3, 4), 8000), 0, "stereo")


def test_reading_brings_a_sound_to_a_rate_and_to_one_channel(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(1, 44100, 2).samples.numpy().T, 44100, "FLOAT")
    sound = read_audio(tmp_path / "a.wav", sample_rate=16000, channels="mono")
    assert sound.sample_rate == 16000 and sound.samples.shape == (1, 16000)


# ---- handed in from Python

@pytest.mark.parametrize("value", [
    (np.full((100, 2), 0.5), 8000), (8000, np.full((2, 100), 16384, np.int16)), (torch.full((2, 100), 0.5),
                                                                                 np.int64(8000)),
    (np.full((100, 2), 192, np.uint8), 8000.0), Audio(np.full((2, 100), 0.5, np.float32), 8000),
    (np.full((100, 2), 1 << 30, np.int32), 8000),
])
def test_samples_and_a_rate_become_an_audio(value):
    adopted = Audio.__porttype__.adopt(value)
    assert Audio.__porttype__.complaint(adopted) is None
    assert adopted.sample_rate == 8000 and adopted.samples.shape == (2, 100) and (adopted.samples == 0.5).all()


@pytest.mark.parametrize("value", [np.zeros(9), (1, 2), (np.zeros((1, 2, 3)), 8000), (np.zeros(9), 0), "a.wav", None])
def test_what_is_no_sound_is_left_for_the_complaint(value):
    assert Audio.__porttype__.complaint(Audio.__porttype__.adopt(value))


@pytest.mark.parametrize("tag, bits, said", [(0x1234, 16, r"a codec that is not known here \(0x1234\)"),
                                             (3, 16, "floats of 16 bits"), (0x45, 16, r"G.726")])
def test_what_a_wav_is_packed_with_is_named(tmp_path, tag, bits, said):
    with pytest.raises(InputError, match=f"a WAV sound with {said} inside, which is not read; make a FLAC of it"):
        load(tmp_path / "a.wav", wav(b"\1" * 100, bits, tag=tag))


@pytest.mark.parametrize("kind", ["flac", "ogg", "mp3", "opus"])
def test_a_sound_of_no_samples_is_not_written_as_a_file_of_no_bytes(tmp_path, kind):
    with pytest.raises(InputError, match=f"a sound of 0 samples cannot be written as {kind}; write it as wav"):
        SAVE[kind](Audio(torch.zeros(1, 0), 48000), tmp_path / f"a.{kind}")
