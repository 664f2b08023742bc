"""
What a host project can listen to. Both are sent after the commit, once a change.

A receiver that raises does not undo the change and does not reach the user: the error is
logged (see `django.dispatch.Signal.send_robust`).
"""

from __future__ import annotations

from django.dispatch import Signal

avatar_saved = Signal()
"""
A row shows another picture now. Arguments: ``sender`` (the model), ``instance``, ``field``, ``name``,
``old_name``.
"""

avatar_removed = Signal()
"""
A picture was cleared, or its row deleted. Arguments: ``sender`` (the model), ``instance``, ``field``,
``name`` (the one that went).
"""
