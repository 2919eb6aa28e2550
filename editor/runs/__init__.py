"""Runs and their results, as the editor follows them."""
