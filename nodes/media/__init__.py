"""What flows between the packs: pictures, sounds, scores and styles as port types."""
