"""The document that is edited: from one Graph to the next, with nothing drawn."""
