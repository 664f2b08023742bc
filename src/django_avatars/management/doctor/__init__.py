"""
What `avatars_doctor` does: one picture is stored as an upload is, looked at from all sides, and deleted again.

`findings` is what is said, in time, `probe` the picture and its address, `questions` what is asked, one function each.
"""
