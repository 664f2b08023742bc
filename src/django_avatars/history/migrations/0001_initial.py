import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import django_avatars.history.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PictureVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_id", models.CharField(max_length=255, verbose_name="key")),
                ("field", models.CharField(max_length=100, verbose_name="field")),
                ("picture", django_avatars.history.fields.VersionField(verbose_name="picture")),
                (
                    "alias",
                    models.CharField(
                        blank=True, help_text="Empty: that of the field.", max_length=100, verbose_name="storage"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("past", "Replaced"),
                            ("waiting", "Waits for approval"),
                            ("rejected", "Rejected"),
                            ("taken_down", "Taken down"),
                            ("reported", "Reported"),
                            ("erasing", "Being erased"),
                        ],
                        default="past",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("size", models.PositiveBigIntegerField(default=0, verbose_name="bytes")),
                ("next_size", models.PositiveBigIntegerField(default=0, editable=False)),
                ("since", models.DateTimeField(blank=True, null=True, verbose_name="shown since")),
                ("since_door", models.CharField(blank=True, max_length=20, verbose_name="set through")),
                ("until", models.DateTimeField(default=django.utils.timezone.now, verbose_name="until")),
                ("until_door", models.CharField(blank=True, max_length=20, verbose_name="ended through")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
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
                    "since_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="set by",
                    ),
                ),
                (
                    "until_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ended by",
                    ),
                ),
            ],
            options={
                "verbose_name": "earlier picture",
                "verbose_name_plural": "earlier pictures",
                "ordering": ("-pk",),
                "indexes": [models.Index(fields=["content_type", "object_id", "field"], name="avatars_history_holder")],
            },
        ),
    ]
