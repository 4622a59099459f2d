"""The history of a position."""
