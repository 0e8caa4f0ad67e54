"""Tests of the fabrics."""
