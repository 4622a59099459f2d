"""Positions inserted, changed, read and searched; their numbers, and those that are retired."""
