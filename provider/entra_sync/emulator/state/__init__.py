"""What a tenant's directory holds: store, tenants, licenses, audit log, clock."""
