"""A party is found by every person number that is theirs, and the register is asked for them."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models
from django.db.models import F, Func

from parking.records import sealing


def know_the_one_number(apps, schema_editor):
    """Take the number that was known for each as the only one, until the register is asked."""
    one = Func(F('number_fingerprint'), template='ARRAY[%(expressions)s]')
    apps.get_model('records', 'Party').objects.update(number_fingerprints=one)


def know_any_number(apps, schema_editor):
    """Keep the number of each that is sealed, which is the newest."""
    parties = apps.get_model('records', 'Party').objects
    any_one = Func(F('number_fingerprints'), template='(%(expressions)s)[1]')
    parties.update(number_fingerprint=any_one)
    for party in parties.filter(number_fingerprints__len__gt=1):
        keys, place = sealing.keys(), f'party.number:{party.id}'
        number = keys.open(bytes(party.number_sealed), place=place)
        party.number_fingerprint = keys.fingerprint_of(number)
        party.save(update_fields=['number_fingerprint'])


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0023_fees_and_report'),
    ]

    operations = [
        migrations.AddField(
            model_name='party',
            name='former_sealed',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='party',
            name='former_fingerprints',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, size=None),
        ),
        migrations.AddField(
            model_name='party',
            name='former_customer',
            field=models.CharField(blank=True, max_length=20, default=''),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='party',
            name='number_due',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='party',
            name='number_fingerprints',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, size=None),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='party',
            name='number_fingerprint',
            field=models.CharField(max_length=64, default=''),
        ),
        migrations.RunPython(know_the_one_number, know_any_number),
        migrations.RemoveField(
            model_name='party',
            name='number_fingerprint',
        ),
        migrations.AddIndex(
            model_name='party',
            index=django.contrib.postgres.indexes.GinIndex(fields=['number_fingerprints'], name='party_numbers'),
        ),
        migrations.AddIndex(
            model_name='party',
            index=models.Index(fields=['last_seen'], name='party_last_seen'),
        ),
    ]
