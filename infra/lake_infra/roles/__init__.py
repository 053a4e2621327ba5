"""One role for each actor. A role is given the names of what it needs, and nothing else."""
