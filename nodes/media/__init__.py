"""What flows between packs: pictures, sounds, scores, latents and the record of a style."""
