"""The published contract: served to integrators, and held against every message."""
