"""The commands of loads of files."""
