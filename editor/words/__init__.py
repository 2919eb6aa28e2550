"""What the editor says, in English and in Chinese."""
