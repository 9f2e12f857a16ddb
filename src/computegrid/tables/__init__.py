"""What comes in: schemas, the one gate all tables pass, readers, geometry."""
