"""Capabilities that can be left out: a folder each, and none knows another."""
