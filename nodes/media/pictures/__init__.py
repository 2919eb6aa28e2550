"""Files of pictures: what they are, and how their pixels become those of an Image."""
