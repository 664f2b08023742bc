"""
How a picture lives: its files are written, a row names them, and they are deleted when no row does any more.

`files` is what the field is made of, and `replace` wraps Django's save. `state` says what the row is known to hold,
`staging` writes files and deletes them again when the transaction rolls back, and `references` finds the rows that
name a picture and deletes the files that none names. `listing` walks through a storage, and `inventories` reads what a
service has listed; `prune` deletes what a crash left behind, `missing` finds rows whose files are gone, `rebuild` makes
renditions anew, `moving` copies files to another storage, and `importing` takes over pictures of other packages.
`column` is what all of them ask of a field, and `selftest` tries what `staging` takes for granted.
"""
