"""Named groups of customers: predicates as data."""
