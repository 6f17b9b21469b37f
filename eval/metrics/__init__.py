"""What is measured. `catalogue` lists the metrics; each other module defines some of them as pure functions."""
