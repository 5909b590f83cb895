"""Customer base, installed base and the bridge, as of any date and as known on any date."""
