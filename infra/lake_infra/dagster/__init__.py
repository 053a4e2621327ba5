"""The Dagster stack: the orchestrator on ECS Fargate, beside the data stack and in its network."""
