"""Programs of others that do the same job, or a part of it: started by the benchmark, on loopback, if installed."""
