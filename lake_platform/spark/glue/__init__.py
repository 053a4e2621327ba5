"""AWS Glue as the place where Spark jobs run: their definitions, their code, their runs."""
