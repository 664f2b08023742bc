"""`manage.py demo`: everything that it takes to click through the example."""

from __future__ import annotations

import socket
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser, call_command

from example import people

HOST = "127.0.0.1"
"""Reachable from this machine only: the password is known, and DEBUG is on."""


class Command(BaseCommand):
    """Prepare the database and the people, then serve."""

    help = "Start the example with people and pictures in it. What you change stays for the next start."

    def add_arguments(self, parser: CommandParser) -> None:
        """The port."""
        parser.add_argument("--port", type=int, default=8000, help="where to listen on 127.0.0.1 (default: 8000)")

    def handle(self, *, port: int, **options: Any) -> None:
        """Everything, in order; ends with Ctrl+C."""
        require_free(port)
        self.say("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
        people.add_default_picture()
        for done, _person in enumerate(people.add_missing(), 1):
            self.say(f"\rPainting and uploading pictures … {done} of {len(people.PEOPLE)}", end="")
        self.say(f"\n\n{self.welcome(port)}\n")
        call_command("runserver", f"{HOST}:{port}", use_reloader=False, skip_checks=True)

    def welcome(self, port: int) -> str:
        """The address, and who can log in."""
        return "\n".join(
            (
                self.style.SUCCESS(f"The example is ready: http://{HOST}:{port}/"),
                "",
                f"Log in with the password {people.PASSWORD} as",
                "  ada                     staff: sees the admin, and has a picture",
                "  talent@example.com      no picture yet: upload one",
                "  background@example.com  has a picture: replace or remove it",
                "or sign up as somebody new. Stop with Ctrl+C.",
            )
        )

    def say(self, text: str, end: str = "\n") -> None:
        """Print at once, even into a pipe."""
        self.stdout.write(text, ending=end)
        self.stdout.flush()


def require_free(port: int) -> None:
    """Raise `CommandError`, with the way out, where something else listens already: before any work is done."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as exc:
            raise CommandError(
                f"Port {port} on {HOST} cannot be used ({exc}). Choose another one: manage.py demo --port {free_port()}"
            ) from exc


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
