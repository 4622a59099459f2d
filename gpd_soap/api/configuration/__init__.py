"""The organizations, the stations by which the Node reaches them, and their services."""
