"""Stands for django-avatar: its app label, its model, the columns that an import reads."""
