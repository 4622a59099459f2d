"""Who changed what over the admin face: kept at each change, read by administrators."""
