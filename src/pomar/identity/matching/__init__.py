"""Which records are likely the same customer: features, candidate pairs, their probability."""
