"""Maps that are proposed before they are in force, and cases about them: they concern nobody in particular."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0009_hours'),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='zone_version',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='records.zoneversion'),
        ),
        migrations.AlterField(
            model_name='case',
            name='application',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='records.application'),
        ),
        migrations.AlterField(
            model_name='case',
            name='facts',
            field=models.JSONField(default=list),
        ),
        migrations.AlterField(
            model_name='case',
            name='party',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='records.party'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('open', 'taken', 'asked'))), fields=('zone_version',), name='case_one_of_a_map'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('application__isnull', False), ('kind__in', ['home', 'vehicle', 'documents', 'second vehicle']), ('party__isnull', False), ('zone_version__isnull', True)), models.Q(('application__isnull', True), ('kind__in', ['map']), ('party__isnull', True), ('zone_version__isnull', False)), _connector='OR'), name='case_one_subject'),
        ),
    ]
