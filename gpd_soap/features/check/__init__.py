"""Checks the configuration and the stored positions for what would stop a payment."""
