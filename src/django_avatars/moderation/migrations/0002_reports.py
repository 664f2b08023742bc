import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("avatars_history", "0001_initial"),
        ("avatars_moderation", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportedPicture",
            fields=[],
            options={
                "verbose_name": "reported picture",
                "verbose_name_plural": "reported pictures",
                "permissions": (("review_report", "Can review reports of pictures"),),
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("avatars_history.pictureversion",),
        ),
        migrations.CreateModel(
            name="PictureReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_id", models.CharField(max_length=255, verbose_name="key")),
                ("field", models.CharField(max_length=100, verbose_name="field")),
                ("name", models.CharField(max_length=255, verbose_name="picture")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("text", models.TextField(blank=True)),
                (
                    "since",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="since"),
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
                (
                    "reporter",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "report of a picture",
                "verbose_name_plural": "reports of pictures",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("content_type", "object_id", "field", "name", "reporter"),
                        name="avatars_moderation_report",
                    )
                ],
            },
        ),
    ]
