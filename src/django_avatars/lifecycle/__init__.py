"""
How a picture lives: written, named by a row, let go.

`writing` puts files into storage and takes them back when the transaction rolls back,
`replace` is the one verb that changes a row, `inventory` knows which rows name what,
`erasing` deletes, `prune` finds what is left over after a crash, `rebuild` makes renditions anew.
"""
