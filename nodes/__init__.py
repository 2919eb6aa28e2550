"""The built-in packs, each built as anyone else's pack is."""
