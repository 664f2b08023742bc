"""`AvatarSerializerField`: a picture in a serializer."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from ... import intake, policy, services, targets
from ...actors import acting_in
from ...exceptions import NotAllowed
from ...forms import crop_name
from ...imaging.spec import Crop
from ...lifecycle.references import is_avatar
from ...uploads.uploadhandlers import from_data_url
from .exceptions import PictureProblem

if TYPE_CHECKING:
    from ...fields import AvatarField


class AvatarSerializerField(serializers.FileField):
    """
    A picture: a file, or a ``data:`` address in base64, in; everything a front end needs to show somebody out.

    What comes out is `django_avatars.services.Description`, with whole addresses where the serializer
    has a request. ``null``, or an empty text in a form, removes the picture; leaving it out changes nothing.
    A form may send the square to take as ``<name>-crop``. Errors have the codes of `InvalidImage`.

    Args:
        size: The side in pixels that ``url`` shall have at least. None: the largest there is.
        url_only: Give the address alone, or null, instead of the description.
        picture_field: The AvatarField whose limits hold. None: the one of that name in the serializer's model,
            else the one that holds the picture of a user.
        error_messages: Texts by code, over those of the picture field; a percent sign in them is written ``%%``.

    With ``source="*"`` or a relation, a user can be shown: ``AvatarSerializerField(source="author", read_only=True)``.

    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Send a file, or a data: address in base64."),
    }

    def __init__(
        self,
        *,
        size: int | None = None,
        url_only: bool = False,
        picture_field: AvatarField | None = None,
        **kwargs: Any,
    ) -> None:
        self.size = size
        self.url_only = url_only
        self._picture_field = picture_field
        self._crop: Crop | None = None
        self._own_messages: dict[str, Any] = kwargs.get("error_messages") or {}
        kwargs.setdefault("allow_null", True)
        if not kwargs.get("read_only"):
            kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    @property
    def picture_field(self) -> AvatarField:
        """Whose limits hold."""
        if self._picture_field is not None:
            return self._picture_field
        model = getattr(getattr(self.parent, "Meta", None), "model", None)
        own = model and next((field for field in model._meta.concrete_fields if field.name == self.source), None)
        return own if own and is_avatar(own) else targets.user_field().field

    def get_value(self, dictionary: Any) -> Any:
        """As the base; the crop stands beside the picture."""
        self._crop = Crop.parse(str(dictionary.get(crop_name(self.field_name or "")) or ""))
        return super().get_value(dictionary)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """As the base; no picture is "", as it is in the database."""
        value = super().run_validation(data)
        if value is not None:
            return value
        try:
            with self._acting():
                self._ask("remove")
        except NotAllowed as exc:
            raise PictureProblem(intake.refuse(self.context.get("request"), exc)) from exc
        return ""

    def to_internal_value(self, data: Any) -> File[Any]:
        """The file, once its renditions could be made."""
        if isinstance(data, str):
            data = from_data_url(data, max_bytes=self.picture_field.limits()["max_bytes"])
        file = data
        if not isinstance(file, File):
            self.fail("invalid")
        file.avatar_crop = self._crop  # type: ignore[attr-defined]
        request = self.context.get("request")
        try:
            with self._acting():
                self._ask("set")
                self.picture_field.process(file)
        except Exception as exc:
            problem = intake.refuse(request, exc, size=file.size)
            if problem is None:
                raise
            if not isinstance(exc, ValidationError) or isinstance(exc, NotAllowed):
                raise PictureProblem(problem) from exc
            raise serializers.ValidationError(self._text(exc, problem), code=problem.code) from exc
        return file

    def _text(self, exc: ValidationError, problem: intake.Problem) -> str:
        own = self._own_messages.get(problem.code)
        return problem.text if own is None else own % (exc.params or {})

    def _ask(self, action: policy.Action) -> None:
        """Ask the policy about the row of the serializer. One that is made is asked about when it is saved."""
        holder = getattr(self.parent, "instance", None)
        if isinstance(holder, self.picture_field.model):
            policy.ask(holder, self.picture_field, action)

    def _acting(self) -> AbstractContextManager[None]:
        request = self.context.get("request")
        return nullcontext() if request is None else acting_in(request)

    def to_representation(self, value: Any) -> Any:
        """What there is to show of a file, a user, or a row with a picture."""
        described = services.describe_to(self.context.get("request"), value, size=self.size)
        return described["url"] if self.url_only else described
