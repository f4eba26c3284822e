"""What an answer of Microsoft Graph means: a success that can be used, a failure, a replica that is behind."""
