"""GPD's first API for debt positions."""
