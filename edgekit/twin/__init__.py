"""A float .tflite as a differentiable TensorFlow function, and its fine-tuning. TensorFlow runs in a child process."""
