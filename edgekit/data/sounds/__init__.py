"""Sounds: folders of WAV files, their bytes to numbers, and the inputs that take them."""
