"""The operations on documents."""
