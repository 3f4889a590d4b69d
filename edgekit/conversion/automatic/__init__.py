"""``precision="auto"``: precisions, range statistics and mixes, tried until one file is as good as it must be."""
