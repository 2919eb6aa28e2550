"""The audio pack, measured on tones and noise whose levels and pitches are known."""

import numpy as np
import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.audio import beats, cut, level, mix, picture, tempo, tone
from nodegraph_nodes.media.sounds import levels
from nodegraph_nodes.media.types import Audio

RATE = 44_100


def sine(hertz=440.0, seconds=2.0, height=0.5, rate=RATE, channels=2):
    wave = height * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return Audio(torch.from_numpy(np.repeat(wave[None], channels, 0).astype(np.float32)), rate)


def noise(seconds=4.0, height=0.3, rate=RATE):
    dice = np.random.default_rng(1)
    swell = np.repeat(dice.random(round(seconds * 10)) ** 2, rate // 10)
    return Audio(torch.from_numpy((height * swell * dice.standard_normal((2, len(swell)))).astype(np.float32)), rate)


def hertz(sound, begin=0.3):
    part = sound.samples[0, round(begin * sound.sample_rate):].numpy()[:round(0.8 * sound.sample_rate)]
    return np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 19)).argmax() * sound.sample_rate / (1 << 19)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_the_meter_reads_what_the_ebu_says_of_its_first_test_signals(rate):
    """EBU Tech 3341: a stereo sine of 1 kHz at -23 dBFS is -23 LUFS; where a softer part lies below the gate it does not count."""
    def at(decibels, seconds):
        return sine(1000, seconds, 10 ** (decibels / 20), rate).samples

    assert level.measure(Audio(at(-23, 10), rate)).lufs == pytest.approx(-23, abs=0.1)
    parts = torch.cat([at(-36, 4), at(-23, 24), at(-36, 4)], 1)
    assert level.measure(Audio(parts, rate)).lufs == pytest.approx(-23, abs=0.1)


def test_the_true_peak_is_that_of_the_wave_between_the_samples():
    """A quarter of the sample rate, a half step off: no sample comes higher than 3 dB under the wave."""
    wave = Audio(torch.sin(torch.arange(4800.0) * torch.pi / 2 + torch.pi / 4)[None] * torch.hann_window(4800), 48_000)
    assert 20 * np.log10(float(wave.samples.abs().max())) == pytest.approx(-3.01, abs=0.01)
    assert level.measure(wave).true_peak == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("lufs", [-23, -16, -10])
def test_a_sound_becomes_as_loud_as_asked_and_never_clips_and_is_the_same_each_time(lufs):
    loud = level.loudness(noise(), lufs)
    found = level.measure(loud)
    assert found.lufs == pytest.approx(lufs, abs=0.5) and found.true_peak <= -0.99
    assert torch.equal(loud.samples, level.loudness(noise(), lufs).samples)


def test_what_a_ceiling_holds_down_and_silence_are_told_of():
    clicks = torch.zeros(1, RATE * 2)
    clicks[0, ::RATE // 4] = 0.9
    with pytest.warns(UserWarning, match=r"under a ceiling of -1 dBTP the sound is as loud as -\d"):
        level.loudness(Audio(clicks, RATE), -6)
    with pytest.warns(UserWarning, match="the sound is silent"):
        assert not level.loudness(Audio(torch.zeros(2, RATE), RATE)).samples.any()
    assert level.measure(Audio(torch.zeros(2, RATE), RATE))[:2] == (-70, -150)


def test_a_limiter_turns_down_only_around_what_is_too_high():
    sound = noise(height=0.1)
    sound.samples[:, RATE] = 2.0
    safe = level.limit(sound)
    assert levels.true_peak(safe.samples.numpy(), RATE) <= -0.99
    far = torch.cat([safe.samples[:, :RATE - 2000], safe.samples[:, RATE + 2000:]], 1)
    assert torch.equal(far, torch.cat([sound.samples[:, :RATE - 2000], sound.samples[:, RATE + 2000:]], 1))
    assert torch.equal(level.limit(sine()).samples, sine().samples)


def test_a_mix_adds_places_and_delays_and_is_turned_down_before_it_clips():
    both = mix.mix([sine(440, 1, 0.2), sine(660, 1, 0.2, 22_050, 1)], [0, -6.0206], [0, 1], [0, 0.5])
    assert both.sample_rate == RATE and both.samples.shape == (2, round(1.5 * RATE))
    assert torch.equal(both.samples[:, :RATE // 2 - 100], sine(440, 1, 0.2).samples[:, :RATE // 2 - 100])
    assert both.samples[0, -RATE // 4:].abs().max() == 0
    assert both.samples[1, -RATE // 4:-1000].abs().max() == pytest.approx(0.1, abs=0.002)
    with pytest.warns(UserWarning, match=r"together the sounds are 4.1 dB higher than can be played"):
        assert levels.true_peak(mix.mix([sine(height=0.8), sine(height=0.8)]).samples.numpy(), RATE) <= -0.99
    with pytest.raises(InputError, match="pans has 1 numbers, and there are 2 sounds"):
        mix.mix([sine(), sine()], pans=[0.0])
    with pytest.raises(InputError, match="pans has 2; it takes -1 to 1"):
        mix.mix([sine()], pans=[2.0])


def test_music_makes_room_while_a_voice_is_heard():
    voice = Audio(torch.cat([torch.zeros(1, RATE), sine(200, 1, 0.3, channels=1).samples], 1), RATE)
    low = mix.duck(sine(440, 4, 0.5), voice, -12, release=0.3)
    heights = [float(low.samples[0, round(s * RATE):round((s + 0.2) * RATE)].abs().max()) for s in (0.5, 1.5, 3.5)]
    assert heights == pytest.approx([0.5, 0.5 * 10 ** (-12 / 20), 0.5], abs=0.01)


def test_sounds_are_cut_faded_and_joined_to_the_sample():
    sound = sine(440, 2, 0.5)
    assert torch.equal(cut.trim(sound, 0.5, 1.5).samples, sound.samples[:, RATE // 2:RATE * 3 // 2])
    quiet = Audio(torch.cat([torch.zeros(2, 500), sound.samples, torch.zeros(2, 500)], 1), RATE)
    assert abs(cut.trim(quiet, silence=True).samples.shape[1] - sound.samples.shape[1]) < 5
    with pytest.raises(InputError, match="start is 3 and end 0, and the sound lasts 2.00 seconds"):
        cut.trim(sound, 3)
    faded = cut.fade(sound, 0.5, 0.5, "straight").samples
    assert faded[0, 0].abs() < 1e-4 and faded[0, -1].abs() < 1e-3 and torch.equal(faded[:, RATE:RATE + 9], sound.samples[:, RATE:RATE + 9])
    assert cut.join([sound, sound], gap=0.5).samples.shape[1] == round(4.5 * RATE)
    over = cut.join([noise(2), noise(2)], crossfade=0.5)
    assert over.samples.shape[1] == round(3.5 * RATE)
    with pytest.raises(InputError, match=r"crossfade is 1 and gap 1"):
        cut.join([sound, sound], 1, 1)


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.5])
def test_tempo_changes_the_length_and_not_the_pitch(speed):
    out = tempo.tempo(sine(440, 2), speed)
    assert out.seconds == pytest.approx(2 / speed, abs=0.001) and hertz(out) == pytest.approx(440, rel=1e-3)
    assert float(out.samples[0, RATE // 4:-RATE // 4].abs().max()) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("semitones", [-12, 3, 7.5])
def test_pitch_changes_the_pitch_and_not_the_length(semitones):
    out = tempo.pitch(sine(440, 2), semitones)
    assert out.samples.shape == sine(440, 2).samples.shape
    assert hertz(out) == pytest.approx(440 * 2 ** (semitones / 12), rel=2e-3)


@pytest.mark.parametrize(("settings", "at", "decibels"), [
    ({"bass": 6}, 50, 6), ({"bass": 6}, 4000, 0), ({"treble": -9}, 12_000, -9), ({"middle": 4, "middle_hertz": 800}, 800, 4),
    ({"highpass": 200}, 50, -24), ({"lowpass": 2000}, 8000, -26)])
def test_an_equaliser_changes_what_it_says(settings, at, decibels):
    before, after = sine(at), tone.eq(sine(at), **settings)
    height = [float(sound.samples[0, RATE // 2:RATE].abs().max()) for sound in (before, after)]
    assert 20 * np.log10(height[1] / height[0]) == pytest.approx(decibels, abs=1.2)


def test_a_room_sounds_on_and_is_the_same_each_time():
    click = torch.zeros(1, RATE // 10)
    click[0, 0] = 0.5
    room = tone.reverb(Audio(click, RATE), 1.0, 0.8)
    assert room.samples.shape[0] == 2 and room.seconds == pytest.approx(0.1 + 0.8 + 0.012, abs=0.01)
    assert torch.equal(room.samples, tone.reverb(Audio(click, RATE), 1.0, 0.8).samples)
    energy = [float(room.samples[:, round(s * RATE):round((s + 0.1) * RATE)].square().sum()) for s in (0.1, 0.4)]
    assert 10 * np.log10(energy[1] / energy[0]) == pytest.approx(-60 * 0.3 / 0.8, abs=6)
    assert torch.equal(tone.reverb(noise(), 0, 0.8, tail=False).samples, noise().samples)


def test_pictures_show_where_the_sound_is():
    seen = picture.spectrogram(sine(1000, 1), 200, 200)
    rows = seen[:, :, 100].sum(0)
    y = 200 * (1 - np.log(1000 / 40) / np.log(RATE / 2 / 40))
    assert seen.shape == (3, 200, 200) and abs(int(rows.argmax()) - y) < 4
    wave = picture.waveform(sine(5, 1, 0.5), 200, 100)
    assert wave.shape == (3, 100, 200)
    assert (wave[:, 0, :] == wave[:, 0, :1]).all()  # a height of a half does not reach the edge
    assert picture.waveform(Audio(torch.zeros(1, 0), RATE), 200, 100).shape == (3, 100, 200)


@pytest.mark.parametrize("bpm", [100, 120, 152])
def test_the_beat_is_heard_where_it_is_struck(bpm):
    """A click each beat, and softer ones between."""
    rng, length = np.random.default_rng(0), 10 * RATE
    wave, ring = 0.002 * rng.standard_normal(length), rng.standard_normal(800) * np.exp(-np.arange(800) / 150)
    places = np.arange(0.25, 9.5, 30 / bpm)
    for k, place in enumerate(places):
        wave[round(place * RATE):][:800] += (0.6, 0.15)[k % 2] * ring
    found = beats.beats(Audio(torch.from_numpy(wave[None].astype(np.float32)), RATE))
    assert found.bpm == pytest.approx(bpm, rel=0.01)
    off = [np.abs(places[::2] - second).min() for second in found.seconds if 0.2 < second < 9.3]
    assert len(off) >= 9 * bpm / 60 - 2 and max(off) < 0.03


def test_a_beat_wants_something_that_is_struck():
    with pytest.raises(InputError, match="the sound lasts 1.0 seconds; a beat wants two seconds"):
        beats.beats(noise(1))
    with pytest.raises(InputError, match="and nothing is struck"):
        beats.beats(Audio(torch.zeros(1, 3 * RATE), RATE))
    with pytest.raises(InputError, match="slowest is 100 and fastest 100"):
        beats.beats(noise(), 100, 100)


@pytest.mark.parametrize(("hertz", "row"), [(440, 9), (261.63, 0), (123.47, 11)])
def test_a_chroma_shows_the_note_in_its_row(hertz, row):
    both = np.concatenate([sine(hertz).samples.numpy(), np.zeros((2, RATE), np.float32)], 1)
    page = picture.chroma(Audio(torch.from_numpy(both), RATE), 240, 120).numpy().sum(0)
    rows = page.reshape(12, 10, 240).mean(1)[::-1]  # C first
    assert rows[:, 60:120].mean(1).argmax() == row and np.sort(rows[:, 60:120].mean(1))[-2] < 0.5 * rows[row, 60:120].mean()
    assert rows[:, 200:].max() < 0.3
