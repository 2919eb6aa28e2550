"""Rules that write music for trainings: grooves for drums, airs for one voice, and what a band plays of them."""
