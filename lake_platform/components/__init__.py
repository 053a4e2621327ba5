"""Dagster components: what a `type:` in a `defs.yaml` names."""

from lake_platform.components.dataset import Dataset

__all__ = ["Dataset"]
