"""Capabilities that can be left out: each has a folder, and none imports another."""
