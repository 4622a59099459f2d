"""Events: written with what they tell, numbered after it, read by history and feed."""
