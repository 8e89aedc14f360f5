"""That a card is to pay further instalments is agreed to for one plan; what named none is none.

And the yearly report of the charges has a deadline, and is noted when it is made.
"""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0018_money'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='chosencharge',
            name='remember',
        ),
        migrations.AddField(
            model_name='chosencharge',
            name='remember',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='chosen', to='records.plan'),
        ),
        migrations.AddConstraint(
            model_name='chosencharge',
            constraint=models.CheckConstraint(condition=models.Q(('remember', None), ('part_ore__isnull', False), _connector='OR'), name='chosen_charge_remembers_with_instalment'),
        ),
        migrations.CreateModel(
            name='ChargeReport',
            fields=[
                ('year', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('counted', models.DateTimeField()),
                ('issued', models.PositiveIntegerField()),
                ('complained_of', models.PositiveIntegerField()),
                ('annulled_after_complaint', models.PositiveIntegerField()),
                ('sent_to_collection', models.PositiveIntegerField()),
            ],
            options={
                'db_table': 'charge_report',
            },
        ),
        migrations.CreateModel(
            name='ReportDeadline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('in_force', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('month', models.PositiveSmallIntegerField()),
                ('day', models.PositiveSmallIntegerField()),
                ('days_ahead', models.PositiveSmallIntegerField()),
                ('source', models.CharField(max_length=400)),
            ],
            options={
                'db_table': 'charge_report_deadline',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('in_force', '&&')], name='charge_report_deadline_one')],
            },
        ),
    ]
