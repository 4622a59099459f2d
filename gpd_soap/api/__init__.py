"""The administrators' face, on a listener of its own."""
