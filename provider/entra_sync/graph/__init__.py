"""One tenant's Graph: requests, retries, batches, and what its errors mean."""
