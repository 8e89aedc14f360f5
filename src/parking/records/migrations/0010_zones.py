"""Maps that are proposed before they are in force, and cases that concern nobody in particular."""

import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import parking.law.zones
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
        migrations.AddField(
            model_name='zoneshape',
            name='status',
            field=models.CharField(default=parking.law.zones.Status['NOW'], max_length=8),
        ),
        migrations.AddField(
            model_name='zoneversion',
            name='base',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.zoneversion'),
        ),
        migrations.AddField(
            model_name='zoneversion',
            name='difference',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='zoneversion',
            name='report',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='zoneversion',
            name='state',
            # Every map there is has been in force.
            field=models.CharField(default='in force', max_length=10),
        ),
        migrations.AlterField(
            model_name='zoneversion',
            name='state',
            field=models.CharField(default='proposed', max_length=10),
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
        migrations.AlterField(
            model_name='zoneshape',
            name='category',
            field=models.CharField(choices=[(parking.law.zones.Category['HOME_AREA'], parking.law.zones.Category['HOME_AREA']), (parking.law.zones.Category['PERMIT_ZONE'], parking.law.zones.Category['PERMIT_ZONE']), (parking.law.zones.Category['TIME_LIMITED_ZONE'], parking.law.zones.Category['TIME_LIMITED_ZONE']), (parking.law.zones.Category['FLEX_ZONE'], parking.law.zones.Category['FLEX_ZONE']), (parking.law.zones.Category['PAID_ZONE'], parking.law.zones.Category['PAID_ZONE']), (parking.law.zones.Category['OUTSIDE'], parking.law.zones.Category['OUTSIDE']), (parking.law.zones.Category['ELSEWHERE'], parking.law.zones.Category['ELSEWHERE']), (parking.law.zones.Category['SUMMER_AREA'], parking.law.zones.Category['SUMMER_AREA'])], max_length=20),
        ),
        migrations.AlterField(
            model_name='zoneversion',
            name='in_force',
            field=django.contrib.postgres.fields.ranges.DateRangeField(null=True),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('open', 'taken', 'asked'))), fields=('zone_version',), name='case_one_of_a_map'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('application__isnull', False), ('kind__in', ['home', 'vehicle', 'documents', 'second vehicle']), ('party__isnull', False), ('zone_version__isnull', True)), models.Q(('application__isnull', True), ('kind__in', ['map']), ('party__isnull', True), ('zone_version__isnull', False)), _connector='OR'), name='case_one_subject'),
        ),
        migrations.AddConstraint(
            model_name='zoneversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('in_force__isnull', False), ('state', 'in force')), models.Q(models.Q(('state', 'in force'), _negated=True), ('in_force__isnull', True)), _connector='OR'), name='zone_version_in_force_has_a_period'),
        ),
        migrations.AddConstraint(
            model_name='zoneversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('state',), name='zone_version_one_proposal'),
        ),
    ]
