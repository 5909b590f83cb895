"""From texts as people and systems write them to the values of facts: dates, numbers, choices, addresses, tax ids."""
