"""From a loaded model to a float .tflite. Needs TensorFlow, so it runs in a child process."""
