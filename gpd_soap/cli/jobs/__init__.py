"""The commands of background work."""
