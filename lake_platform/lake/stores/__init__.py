"""The implementations of `lake.store`."""
