"""Who settled an incident and how, and who had something tried again that was refused."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0007_extra_permits'),
    ]

    operations = [
        migrations.AddField(
            model_name='incident',
            name='settled_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='settled_incidents', to='records.staff'),
        ),
        migrations.AddField(
            model_name='incident',
            name='word',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='outgoing',
            name='revived',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='outgoing',
            name='revived_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='revived_outgoings', to='records.staff'),
        ),
    ]
