"""Commands on documents: the archive, and many notices at once."""
