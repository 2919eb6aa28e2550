"""What all tests share: property tests are deterministic, and never fail for being slow."""

from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")
