"""Uploads as requests bring them: how much of one is read, and how often somebody may send one."""
