"""
What a host project can listen to.

`avatar_saved` and `avatar_removed` are sent after the commit, once a change. A receiver that raises does not
undo the change and does not reach the user: the error is logged (see `django.dispatch.Signal.send_robust`).

`avatar_changing` is sent before, inside the transaction that changes the row, and what a receiver raises
rolls everything back.
"""

from __future__ import annotations

from django.dispatch import Signal

avatar_saved: Signal = Signal()
"""
A row shows another picture now. Arguments: ``sender`` (the model), ``instance``, ``field``, ``name``,
``old_name``, ``actor``.
"""

avatar_removed: Signal = Signal()
"""
A picture was cleared, or its row deleted. Arguments: ``sender`` (the model), ``instance``, ``field``,
``name`` (the one that went), ``actor``.
"""

avatar_waiting: Signal = Signal()
"""
A picture was taken and waits for approval; the row shows what it did. Sent after the commit by
`django_avatars.moderation`. Arguments: ``sender`` (the model), ``instance``, ``field``, ``version``, ``actor``.
"""

avatar_approved: Signal = Signal()
"""
A picture that waited is shown now, see `avatar_waiting`; `avatar_saved` is sent as well. Arguments: as there.
"""

avatar_rejected: Signal = Signal()
"""
A picture that waited is not going to be shown, see `avatar_waiting`. Arguments: as there, and ``reason``.
"""

avatar_reported: Signal = Signal()
"""
Somebody has reported a picture. Sent after the commit by `django_avatars.moderation`. Arguments: as `avatar_waiting`,
where ``version`` is the case, and ``report``; ``actor`` is who reported it.
"""

avatar_event: Signal = Signal()
"""
Something happened to a picture, for metrics; without personal data. Arguments: ``sender`` (the model of the row or the
user), ``event`` ("saved", "removed", "waiting", "rejected", "reported", "refused", "limited" or "failed"), ``door``
("page" for those of this package, "admin", "site" for other views, "code" where no request is known), ``code`` (why,
such as "too_large", or ""), ``bytes`` that were sent, ``seconds`` since the change began, both None where they are not
known, and ``actor_kind`` ("owner", "staff", "member", or "nobody" where nobody is known).
"""

avatars_pruning: Signal = Signal()
"""
`avatars_prune` is about to look for files that no row names, or `avatars_missing` for rows whose files are gone.
Arguments: ``sender`` (the command), ``delete`` (whether files are deleted: then rows that are not needed any more can
go now).
"""

avatar_page: Signal = Signal()
"""
The edit page is made: what receivers return, as safe HTML, is shown below the form. Arguments: ``sender`` (the view),
``request``, ``next`` (the URL to redirect to after a change), ``refusals`` (why the user may not "set" or "remove" the
picture, each "" if they may).
"""

avatar_changing: Signal = Signal()
"""
A row has been written with another picture, and is not committed yet. Arguments: ``sender`` (the model),
``instance``, ``field``, ``name`` ("" for none), ``old_name``, ``actor``, ``deleted``.

Before a row is deleted it is sent with ``deleted=True``: what a receiver raises then is logged, and the row goes.
"""
