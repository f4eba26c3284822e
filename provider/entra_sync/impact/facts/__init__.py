"""What was read: both tenants, who is linked to which account, and the link itself. No I/O, no decision."""
