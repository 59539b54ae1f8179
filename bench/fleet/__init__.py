"""Several processes that drive loads together: on this machine, or the workers of a Dask scheduler."""
