"""What a denoiser is taught a new hand by: captions, how it is called, what it is to answer, and the adapter that learns."""
