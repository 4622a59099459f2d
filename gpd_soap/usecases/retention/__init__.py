"""Keeping and forgetting: terms, the report, the runs, and the request of one person."""
