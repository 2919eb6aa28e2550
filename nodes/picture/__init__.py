"""Working on pictures: size, layers, light and colour, words."""
