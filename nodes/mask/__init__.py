"""Where in a picture something is: making masks, and changing them."""
