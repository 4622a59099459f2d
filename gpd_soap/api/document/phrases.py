"""Phrases that the descriptions of several subjects have."""

ROME = "in Rome's time, without a zone"
