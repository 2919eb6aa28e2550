"""Making and cutting moving pictures: frames to films and back, a frame at a time."""
