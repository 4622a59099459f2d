"""Loading files of positions: opened, checked row by row, written, and told of one by one."""
