"""Simulates the Node: sends its requests to any endpoint and judges the answers."""
