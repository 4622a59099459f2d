"""Loads files of positions: reads them row by row, checks, writes, and reports each position."""
