"""Photos: folders of them, their bytes to pixels, and the inputs that take them."""
