from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("avatars_history", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="pictureversion",
            name="quota",
            field=models.CharField(blank=True, editable=False, max_length=255),
        ),
        migrations.AddIndex(
            model_name="pictureversion",
            index=models.Index(fields=["quota", "state", "size"], name="avatars_history_quota"),
        ),
    ]
