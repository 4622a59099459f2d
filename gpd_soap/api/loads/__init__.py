"""The operations on loads: files of positions that are tried, stored and taken back."""
