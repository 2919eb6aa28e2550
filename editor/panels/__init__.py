"""What the panels show, without a window."""
