"""One's own picture through the API of ninja: by a form, by JSON, and away again. Prints what was answered."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from os import environ
from pathlib import Path

from client import AuthenticatedClient
from client.api.avatar import (
    django_avatars_contrib_ninja_remove as remove,
)
from client.api.avatar import (
    django_avatars_contrib_ninja_replace as replace,
)
from client.api.avatar import (
    django_avatars_contrib_ninja_show as show,
)
from client.models import (
    AvatarSchema,
    DjangoAvatarsContribNinjaReplaceFilesBody,
    DjangoAvatarsContribNinjaReplaceJsonBody,
    Problem,
)
from client.types import File

prefix, token = environ["AUTHORIZATION"].split()
client = AuthenticatedClient(environ["BASE"], token, prefix=prefix)
photo = Path(environ["PHOTO"]).read_bytes()
encoded = base64.b64encode(photo).decode()

by_form = DjangoAvatarsContribNinjaReplaceFilesBody(File(BytesIO(photo), "photo.jpg", "image/jpeg"))
by_json = DjangoAvatarsContribNinjaReplaceJsonBody(f"data:;base64,{encoded}")
no_picture = DjangoAvatarsContribNinjaReplaceJsonBody("data:;base64,AAAA")

sent = replace.sync(client=client, body=by_form)
again = replace.sync(client=client, body=by_json)
refused = replace.sync(client=client, body=no_picture)
shown = show.sync(client=client)
removed = remove.sync_detailed(client=client)
gone = show.sync(client=client)

answers = [sent, again, shown, gone]
assert all(isinstance(answer, AvatarSchema) for answer in answers), answers
assert isinstance(refused, Problem)
print(
    json.dumps(
        {
            "sizes": [sorted(map(int, answer.sizes.additional_keys)) for answer in answers],
            "urls": [answer.url for answer in answers],
            "problem": refused.code,
            "removed": removed.status_code,
        }
    )
)
