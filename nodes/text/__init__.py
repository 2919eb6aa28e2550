"""Words: composing, splitting, reading, and writing them with language models."""
