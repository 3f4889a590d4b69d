"""A file against its golden pack, on a device; and where two machines part."""
