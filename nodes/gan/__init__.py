"""Pictures from the latents of generative adversarial networks: drawing, truncating, mixing and synthesising."""
