"""A case worker stops the collection of a charge: who, why and when; and for how long at most."""

import django.db.models.deletion
from django.db import migrations, models


LONGEST_STOP_DAYS = 365


def say_how_long_a_stop_may_last(apps, _):
    """The numbers in force were never to be edited: nobody could stop anything here before."""
    for row in apps.get_model("records", "ChargeTermsVersion").objects.all():
        row.numbers.setdefault("longest_stop_days", LONGEST_STOP_DAYS)
        row.save(update_fields=["numbers"])


def let_the_law_count_stops_with_a_day(apps, _):
    """Nobody tells that such a stop has ended, so that it is no longer written on the charge."""
    charges = apps.get_model("records", "Charge").objects
    cases = apps.get_model("records", "Case").objects
    looked_at = cases.filter(charge__isnull=False, closed=None).values("charge")
    stopped = charges.filter(waits=True, told__hold__reason="case_worker", told__plan="")
    stopped = stopped.exclude(told__hold__until=None).exclude(id__in=looked_at)
    pauses = apps.get_model("records", "ChargePause").objects
    complained = pauses.filter(hold="complaint", until=None).values("charge")
    stopped.exclude(id__in=complained).update(waits=False)


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0024_party_numbers'),
    ]

    operations = [
        migrations.AddField(
            model_name='chargepause',
            name='begun',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='chargepause',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.staff'),
        ),
        migrations.AddField(
            model_name='chargepause',
            name='lifted',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='chargepause',
            name='lifted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.staff'),
        ),
        migrations.AddField(
            model_name='chargepause',
            name='reason',
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name='outgoing',
            name='kind',
            field=models.CharField(choices=[('book order', 'Book Order'), ('publish permit', 'Publish Permit'), ('send receipt', 'Send Receipt'), ('send letter', 'Send Letter'), ('send mail', 'Send Mail'), ('refund', 'Refund'), ('credit order', 'Credit Order'), ('send reminder', 'Send Reminder'), ('report payment', 'Report Payment'), ('report refund', 'Report Refund'), ('pay out', 'Pay Out'), ('report fee', 'Report Fee'), ('take back fee', 'Take Back Fee'), ('send charge letter', 'Send Charge Letter'), ('report letter', 'Report Letter'), ('report transfer', 'Report Transfer'), ('report withdrawal', 'Report Withdrawal'), ('tell collection', 'Tell Collection'), ('report plan', 'Report Plan'), ('end plan', 'End Plan'), ('draw instalment', 'Draw Instalment'), ('report annulment', 'Report Annulment'), ('report stop', 'Report Stop'), ('report lift', 'Report Lift'), ('complain', 'Complain'), ('complaint message', 'Complaint Message'), ('complaint file', 'Complaint File'), ('decide complaint', 'Decide Complaint'), ('withdraw complaint', 'Withdraw Complaint')], max_length=20),
        ),
        migrations.RunPython(say_how_long_a_stop_may_last, migrations.RunPython.noop),
        migrations.RunPython(let_the_law_count_stops_with_a_day, migrations.RunPython.noop),
    ]
