"""Training that can be cut off at any moment and goes on to the same result. Needs TensorFlow."""
