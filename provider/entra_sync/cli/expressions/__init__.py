"""Commands about expressions and filters: they ask no tenant."""
