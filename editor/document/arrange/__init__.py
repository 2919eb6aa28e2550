"""Where things should stand. Pure geometry: sizes are given, positions come back, in canvas units with y downwards."""

from .beside import missing_positions
from .frames import arranged, auto_layout, held, refitted
from .layers import Joint, forward, joints_of, layers_of, parts
from .rectangles import COLUMN_GAP, ROW_GAP, USUAL_SIZES, Box, Positions, align, bounds, distribute, snap

__all__ = ["COLUMN_GAP", "ROW_GAP", "USUAL_SIZES", "Box", "Joint", "Positions", "align", "arranged", "auto_layout", "bounds",
           "distribute", "forward", "held", "joints_of", "layers_of", "missing_positions", "parts", "refitted", "snap"]
