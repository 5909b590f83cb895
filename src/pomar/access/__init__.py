"""Users, roles, masking, the audit log."""
