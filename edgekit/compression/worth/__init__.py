"""What a version of the model is worth, and what its stage bought."""
