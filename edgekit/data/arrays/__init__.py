"""Rows of numbers: arrays, in files and in memory, and tables of them in text."""
