"""Which draws a card declined; and the days a bank has, in the numbers that are stored already."""

import django.db.models.deletion
from django.db import migrations, models

DAYS_FOR_BANK = 3


def tell_what_was_declined(apps, _):
    """A draw that was cancelled before this was known had been declined by the card."""
    orders = apps.get_model("records", "Order")
    orders.objects.filter(instalment__isnull=False, state="cancelled").update(declined=True)


def give_the_bank_its_days(apps, _):
    """The numbers in force were never to be edited: this is their shape, and no other number."""
    for row in apps.get_model("records", "ChargeTermsVersion").objects.all():
        limits = row.numbers["plan_limits"]
        if limits.pop("days_to_agree", None) is not None:
            limits["days_for_bank"] = DAYS_FOR_BANK
            row.save(update_fields=["numbers"])


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0021_infected'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='declined',
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name='bankentry',
            name='reverses',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reversed_by', to='records.bankentry'),
        ),
        migrations.RunPython(tell_what_was_declined, migrations.RunPython.noop),
        migrations.RunPython(give_the_bank_its_days, migrations.RunPython.noop),
    ]
