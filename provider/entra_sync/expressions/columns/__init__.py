"""The same values for whole columns of users at once."""
