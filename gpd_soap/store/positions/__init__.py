"""Positions: insert, change, read and search; notice numbers, issued and retired."""
