"""Subscriptions to events: where and how they are sent."""
