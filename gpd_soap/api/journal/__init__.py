"""Reads the journal of exchanges (Giornale degli Eventi)."""
