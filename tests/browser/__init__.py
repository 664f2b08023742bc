"""
The forty checks of the picker, in real browsers. A pytest process of their own: ``tox run -e browser``.

Playwright's loop runs in the main thread, so Django's guard against that has to be off here.
"""
