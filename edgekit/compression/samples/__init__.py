"""Which samples teach, which are held out, and whether their labels fit the model."""
