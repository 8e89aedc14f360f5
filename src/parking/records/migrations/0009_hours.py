"""What an hour costs, time limits, garages and holidays."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0008_operations'),
    ]

    operations = [
        migrations.CreateModel(
            name='Holiday',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('public', 'Public'), ('named', 'Named')], max_length=6)),
                ('name', models.CharField(max_length=60)),
                ('source', models.CharField(max_length=300)),
            ],
            options={
                'db_table': 'holiday',
            },
        ),
        migrations.CreateModel(
            name='AfterHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('zone', models.CharField(max_length=10)),
                ('permits', models.JSONField()),
                ('weekdays', models.JSONField()),
                ('begins', models.TimeField()),
                ('ends', models.TimeField()),
                ('in_force', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('source', models.CharField(max_length=300)),
            ],
            options={
                'db_table': 'after_hours',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('zone', '='), ('in_force', '&&')], name='after_hours_one_at_a_time'), models.CheckConstraint(condition=models.Q(('ends__gt', models.F('begins'))), name='after_hours_ends_last')],
            },
        ),
        migrations.CreateModel(
            name='Garage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=200)),
                ('address', models.CharField(max_length=200)),
                ('spaces', models.PositiveSmallIntegerField()),
                ('access_controlled', models.BooleanField()),
                ('in_force', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('source', models.CharField(max_length=300)),
            ],
            options={
                'db_table': 'garage',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('code', '='), ('in_force', '&&')], name='garage_once')],
            },
        ),
        migrations.CreateModel(
            name='GarageRight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('garage', models.CharField(max_length=40)),
                ('zone', models.CharField(max_length=10)),
                ('in_force', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('source', models.CharField(max_length=300)),
            ],
            options={
                'db_table': 'garage_right',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('garage', '='), ('zone', '='), ('in_force', '&&')], name='garage_right_once')],
            },
        ),
        migrations.CreateModel(
            name='HourlyFare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('colour', models.CharField(max_length=10)),
                ('day_ore', models.PositiveIntegerField()),
                ('evening_ore', models.PositiveIntegerField()),
                ('night_ore', models.PositiveIntegerField()),
                ('day_begins', models.TimeField()),
                ('evening_begins', models.TimeField()),
                ('night_begins', models.TimeField()),
                ('weekend_first_day', models.PositiveSmallIntegerField()),
                ('weekend_begins', models.TimeField()),
                ('weekend_last_day', models.PositiveSmallIntegerField()),
                ('weekend_ends', models.TimeField()),
                ('relief', models.CharField(max_length=10)),
                ('in_force', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('source', models.CharField(max_length=300)),
            ],
            options={
                'db_table': 'hourly_fare',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('colour', '='), ('in_force', '&&')], name='hourly_fare_one_at_a_time'), models.CheckConstraint(condition=models.Q(('day_begins__lt', models.F('evening_begins')), ('evening_begins__lt', models.F('night_begins'))), name='hourly_fare_bands_in_order')],
            },
        ),
        migrations.CreateModel(
            name='TimeLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('zone', models.CharField(max_length=10)),
                ('minutes', models.PositiveSmallIntegerField()),
                ('weekdays', models.JSONField()),
                ('begins', models.TimeField()),
                ('ends', models.TimeField()),
                ('in_force', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('source', models.CharField(max_length=300)),
            ],
            options={
                'db_table': 'time_limit',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('zone', '='), ('in_force', '&&')], name='time_limit_one_at_a_time'), models.CheckConstraint(condition=models.Q(('ends__gt', models.F('begins'))), name='time_limit_ends_last')],
            },
        ),
    ]
