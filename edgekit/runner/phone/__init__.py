"""Measuring on a phone, which has no Python: by an app that carries the file, or by LiteRT's own program."""
