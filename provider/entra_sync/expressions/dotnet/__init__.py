"""What the service takes from .NET: text, dates, and regular expressions."""
