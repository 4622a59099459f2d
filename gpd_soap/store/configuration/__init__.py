"""The configuration: written, read page by page or as a whole, and the rows that refer to it."""
