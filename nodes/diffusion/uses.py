"""Which kinds of patches of a model count for each stage: of the others a node is not told, and nothing is repeated.

What makes another live copy (`models.HEAVY`) counts for all of them.
"""

ENCODES = ("lora", "text_encoder", "textual_inversion")
SAMPLES = ("lora", "attention", "channels_last", "compile", "guidance", "shift", "freeu", "cache", "motion")
DECODES = ("vae", "channels_last", "compile", "tiling", "slicing")
