"""What is configured: written, read, read at once, and what refers to it."""
