"""
How a picture lives: written, named by a row, let go.

`writing` puts files into storage and takes them back when the transaction rolls back,
`replace` is the one verb that changes a row, `references` knows which rows name what and deletes what none names,
`listing` reads rows and storages side by side, `prune` finds what is left over after a crash, `rebuild` makes
renditions anew, `moving` copies files to another storage, `importing` takes over pictures of other packages.
"""
