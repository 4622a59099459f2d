"""Spontaneous payments: services that issue a notice when a payer demands one at a PSP."""
