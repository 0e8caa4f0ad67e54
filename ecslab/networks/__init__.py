"""How tasks are reached: one fabric per runtime, with one contract (`base`)."""
