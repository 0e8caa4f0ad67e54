"""The brain: pure functions from a snapshot to a plan. No I/O, no clock, no randomness but what is injected."""
