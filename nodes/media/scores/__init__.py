"""Files of music: MIDI, MusicXML and ABC, read and written, and a score drawn small."""
