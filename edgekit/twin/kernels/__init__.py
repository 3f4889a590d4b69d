"""How LiteRT's integer kernels round what they compute; ``table.py`` lists them all."""
