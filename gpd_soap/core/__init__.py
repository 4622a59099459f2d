"""What the program knows and decides: standard library only, no clock, no I/O, no logging."""
