"""The SELECT of a table made in the warehouse: read, judged, bound to its inputs, and traced column by column.

Only here and in `contract/rules/render.py` is sqlglot imported; it takes 0.35 CPU seconds.
"""
