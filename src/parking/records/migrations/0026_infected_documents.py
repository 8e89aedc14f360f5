"""Of a document that was infected the page of its application tells, until another is saved."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0025_stops'),
    ]

    operations = [
        migrations.AddField(
            model_name='application',
            name='infected',
            field=models.JSONField(default=list),
        ),
    ]
