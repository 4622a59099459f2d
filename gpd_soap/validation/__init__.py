"""What comes from outside, checked field by field: requests and positions as checked values."""
