"""A project with the optional apps, which bring tables: in a process of its own."""
