"""The published contract: served to integrators, and checked on every message."""
