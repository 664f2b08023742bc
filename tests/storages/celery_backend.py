"""Tasks of Django on Celery: a task is sent by its path, and a worker runs what it finds there."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from django.utils.crypto import get_random_string
from django.utils.module_loading import import_string

try:
    from django.tasks.backends.base import BaseTaskBackend
    from django.tasks.base import TaskResult, TaskResultStatus
except ImportError:  # Django 5.2
    from django_tasks.backends.base import BaseTaskBackend  # type: ignore[assignment]
    from django_tasks.base import TaskResult, TaskResultStatus  # type: ignore[assignment]

app = Celery("project", broker=f"redis://{os.environ.get('DJANGO_AVATARS_REDIS', 'localhost')}/0")


class CeleryBackend(BaseTaskBackend):
    """What ``TASKS`` names."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Send the path of a task, and what it is called with."""
        self.validate_task(task)
        id = get_random_string(32)
        run.apply_async((task.module_path, list(args), dict(kwargs)), task_id=id)
        return TaskResult(
            task=task, id=id, status=TaskResultStatus.READY, enqueued_at=None, started_at=None, finished_at=None,
            last_attempted_at=None, args=list(args), kwargs=dict(kwargs), backend=self.alias, errors=[], worker_ids=[],
        )  # fmt: skip


@app.task
def run(path: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    """What a worker does."""
    import_string(path).func(*args, **kwargs)
