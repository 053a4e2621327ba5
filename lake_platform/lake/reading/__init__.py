"""What a landed file is and holds, found without Spark."""
