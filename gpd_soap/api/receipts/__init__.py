"""Receipts: GPD's API for those of payments, and the worklist of those that wait for a person."""
