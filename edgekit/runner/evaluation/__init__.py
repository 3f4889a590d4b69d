"""Labelled samples through files on a device: how often each is right, and which of two is better."""
