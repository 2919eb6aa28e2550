"""Pictures from words with diffusion models: encoding, sampling, decoding, and all three at once."""
