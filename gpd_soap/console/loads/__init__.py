"""Pages of loads: what is said of a file, of its rows, and of what is wrong with them."""
