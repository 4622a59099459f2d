"""The pages of loads: files, and the notices of a load on paper."""
