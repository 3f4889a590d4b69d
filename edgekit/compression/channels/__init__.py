"""Channel pruning: which channels hang together, which matter, and the same model with fewer of them. Needs Keras."""
