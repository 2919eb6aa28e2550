"""Films: what is stored, what is done to it frame by frame, and files of them."""
