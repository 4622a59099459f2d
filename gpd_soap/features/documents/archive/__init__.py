"""The archive: each released document, its bytes, and the proof that they are the same."""
