"""Spontaneous payments: services that make a notice when somebody asks for one at a counter."""
