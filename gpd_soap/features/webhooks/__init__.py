"""Webhooks: sends the events of an organization to the receivers that subscribed to them."""
