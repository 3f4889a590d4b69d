"""Child processes: their start, their talk, their death."""
