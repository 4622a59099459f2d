"""People at work on the worklist: who has a case, what it may be, how it ends, its refund."""
