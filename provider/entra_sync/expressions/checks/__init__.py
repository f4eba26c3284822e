"""What is wrong or uncertain with mappings and filters, before anything is sent."""
