"""Operators of the console: who they are, how they prove it, and their sessions."""
