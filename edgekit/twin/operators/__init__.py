"""What each kind of operator computes, in TensorFlow; ``table.py`` lists them all."""
