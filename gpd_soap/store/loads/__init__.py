"""Loads of files of positions: their rows, findings and bytes."""
