"""Putting pictures, words and colours together on one sheet."""
