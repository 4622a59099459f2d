"""Receipts and the worklist: search, read, resolve."""
