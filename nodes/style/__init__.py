"""What a picture is like, in colours, numbers and words that music and text can follow."""
