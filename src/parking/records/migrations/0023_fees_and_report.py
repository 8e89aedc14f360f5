"""Charges with fees are found; reports are taken out; and numbers that were code are stored ones."""

from django.db import migrations, models


def store_what_was_code(apps, _):
    """The numbers in force were never to be edited: what is added here counted before as well."""
    for row in apps.get_model("records", "ChargeTermsVersion").objects.all():
        row.numbers.setdefault("case_days", 14)
        row.numbers["plan_limits"].setdefault("usual_days_to_first", 14)
        row.numbers["plan_limits"].setdefault("drawn_again", [3, 6])
        row.save(update_fields=["numbers"])


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0022_declined'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(condition=models.Q(('told__account__contains', [{'kind': 'fee'}])), fields=['learnt'], name='charge_with_fees'),
        ),
        migrations.AddField(
            model_name='chargereport',
            name='taken',
            field=models.DateTimeField(null=True),
        ),
        # Until now a report was counted by whoever took it out.
        migrations.RunSQL('UPDATE charge_report SET taken = counted', migrations.RunSQL.noop),
        migrations.AddField(
            model_name='reportdeadline',
            name='days_to_count',
            field=models.PositiveSmallIntegerField(default=30),
            preserve_default=False,
        ),
        migrations.RunPython(store_what_was_code, migrations.RunPython.noop),
    ]
