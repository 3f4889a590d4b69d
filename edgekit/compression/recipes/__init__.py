"""What is wished for: stages, what they train with, and the pieces that a run does one by one."""
