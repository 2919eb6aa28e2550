"""Symbolic music: composing it with models, changing it, and rendering it to sound."""
