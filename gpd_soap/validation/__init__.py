"""Checks what comes from outside field by field, and gives checked values."""
