"""Keeping and forgetting: terms, what is kept, and the persons that are forgotten."""
