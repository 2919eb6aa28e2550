"""Windows in front of everything that ask or tell something, by what they are."""
