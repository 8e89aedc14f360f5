"""Permits are compared with those of the accounts, and looked at again."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0011_charges'),
    ]

    operations = [
        migrations.CreateModel(
            name='PermitComparison',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('finished', models.DateTimeField()),
                ('ours', models.PositiveIntegerField()),
                ('theirs', models.PositiveIntegerField()),
                ('differing', models.PositiveIntegerField()),
            ],
            options={
                'db_table': 'permit_comparison',
            },
        ),
    ]
