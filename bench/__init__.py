"""The benchmark: a made-up large company, the same work by Pomar and by hand-written SQL, in one run."""
