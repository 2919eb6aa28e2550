"""What the canvas shows and where: geometry, without a window."""
