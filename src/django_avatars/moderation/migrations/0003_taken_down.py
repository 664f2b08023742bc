from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("avatars_history", "0002_quota"),
        ("avatars_moderation", "0002_reports"),
    ]

    operations = [
        migrations.CreateModel(
            name="TakenDownPicture",
            fields=[],
            options={
                "verbose_name": "Taken down",
                "verbose_name_plural": "Taken down",
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("avatars_history.pictureversion",),
        ),
    ]
