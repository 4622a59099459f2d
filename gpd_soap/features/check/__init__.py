"""Checks the configuration and the stored positions for problems that would stop a payment."""
