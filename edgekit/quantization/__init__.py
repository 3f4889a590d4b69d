"""From a float .tflite to the other precisions. Executes model files, so it runs in a child process."""
