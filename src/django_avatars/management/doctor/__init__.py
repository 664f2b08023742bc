"""
What `avatars_doctor` does: one picture is stored as an upload is, looked at from all sides, and deleted again.

`findings` is what is said, `probe` the picture and its address, `examine` the questions, one function each.
"""
