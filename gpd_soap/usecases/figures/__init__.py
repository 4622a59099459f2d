"""Figures for the pages of the people at work: what waits, money, what falls due, the station."""
