"""An archive for a board: the model and a program that runs it."""
