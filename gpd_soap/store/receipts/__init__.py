"""Receipts and the worklist, read and resolved."""
