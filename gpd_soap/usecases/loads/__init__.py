"""Loads of operators: a file is understood, tried, loaded, and may be taken back."""
