"""Tests of the lab's own images."""
