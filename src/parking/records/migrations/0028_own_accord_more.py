"""A charge that could not be annulled has a time from which on it is tried again."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0027_own_accord'),
    ]

    operations = [
        migrations.AddField(
            model_name='ownaccordcharge',
            name='due',
            field=models.DateTimeField(null=True),
        ),
    ]
