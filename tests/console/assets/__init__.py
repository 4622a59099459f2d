"""Makes the files that the console takes from others."""
