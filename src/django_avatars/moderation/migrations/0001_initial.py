import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("avatars_history", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WaitingPicture",
            fields=[],
            options={
                "verbose_name": "picture to review",
                "verbose_name_plural": "pictures to review",
                "permissions": (
                    ("approve_picture", "Can approve and reject pictures"),
                    ("take_down_picture", "Can take down pictures"),
                ),
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("avatars_history.pictureversion",),
        ),
        migrations.CreateModel(
            name="PictureBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(max_length=32, unique=True, verbose_name="fingerprint")),
                (
                    "since",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="since"),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="set by",
                    ),
                ),
            ],
            options={
                "verbose_name": "blocked picture",
                "verbose_name_plural": "blocked pictures",
                "permissions": (("block_picture", "Can block pictures"),),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="PictureLock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_id", models.CharField(max_length=255, verbose_name="key")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                (
                    "since",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="since"),
                ),
                (
                    "until",
                    models.DateTimeField(blank=True, help_text="Empty: for good.", null=True, verbose_name="until"),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="set by",
                    ),
                ),
                (
                    "content_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contenttypes.contenttype",
                        verbose_name="model",
                    ),
                ),
            ],
            options={
                "verbose_name": "locked picture",
                "verbose_name_plural": "locked pictures",
                "permissions": (("lock_picture", "Can lock pictures"),),
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("content_type", "object_id"), name="avatars_moderation_lock")
                ],
            },
        ),
    ]
