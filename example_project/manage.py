#!/usr/bin/env python
"""`manage.py demo` starts the example with people and pictures in it."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")
    if "demo" in sys.argv[1:2]:
        os.environ.setdefault("EXAMPLE_KEEP", "3")  # so that visitors can undo what they try out
    execute_from_command_line(sys.argv)
