"""Files of sound: containers put right, read and written."""
