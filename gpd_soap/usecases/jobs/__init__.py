"""Background work: jobs of many kinds, their schedules, and the workers that do them."""
