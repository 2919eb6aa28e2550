"""The types that packs share, each from the file that knows it.

Pictures are bare tensors. What needs more than a tensor to make sense is a frozen dataclass. Tensors stay on
the device where they were made; whoever needs them elsewhere moves them.
"""

from .audio import Audio
from .image import IMAGE, MASK, Image, Mask
from .latent import Conditioning, Latent
from .score import Score
from .span import SPAN, Span
from .style import MODES, MOODS, TEMPOS, Palette, Style, palette_picture
from .video import Video

__all__ = ["IMAGE", "MASK", "MODES", "MOODS", "SPAN", "TEMPOS", "Audio", "Conditioning", "Image", "Latent", "Mask", "Palette",
           "Score", "Span", "Style", "Video", "palette_picture"]
