"""Where containers run: docker, process and simulated, with one contract (`base`) and one conformance suite."""
