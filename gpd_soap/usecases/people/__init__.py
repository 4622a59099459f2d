"""Operators of the console: invited, signed in, stepped up, authorized, suspended."""
