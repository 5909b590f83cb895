"""Events over HTTP, in the calls of the Segment specification: the clients people have work unchanged."""
