"""What several packs share, and no node: loading models, setting text."""
