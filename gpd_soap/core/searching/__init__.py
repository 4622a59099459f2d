"""What a text in a search box can be, names as they are compared, and the state of a notice."""
