"""Whose positions are here, by which stations the Node reaches them, which services they offer."""
