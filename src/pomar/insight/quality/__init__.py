"""How good the data is: seven measures with targets, the records that miss them, and what rests on those."""
