"""Instalments are drawn from a card that the party of a plan agreed to."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0014_recheck'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='order',
            name='order_one_open_per_party',
        ),
        migrations.AddField(
            model_name='chosencharge',
            name='remember',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='order',
            name='instalment',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='order',
            name='plan',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='records.plan'),
        ),
        migrations.AddField(
            model_name='order',
            name='turn',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='plan',
            name='card_agreement',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='plan',
            name='masked_card',
            field=models.CharField(blank=True, max_length=30),
        ),
        migrations.AlterField(
            model_name='outgoing',
            name='kind',
            field=models.CharField(choices=[('book order', 'Book Order'), ('publish permit', 'Publish Permit'), ('send receipt', 'Send Receipt'), ('send letter', 'Send Letter'), ('send mail', 'Send Mail'), ('refund', 'Refund'), ('credit order', 'Credit Order'), ('send reminder', 'Send Reminder'), ('report payment', 'Report Payment'), ('report refund', 'Report Refund'), ('report fee', 'Report Fee'), ('take back fee', 'Take Back Fee'), ('send charge letter', 'Send Charge Letter'), ('report letter', 'Report Letter'), ('report transfer', 'Report Transfer'), ('report withdrawal', 'Report Withdrawal'), ('tell collection', 'Tell Collection'), ('report plan', 'Report Plan'), ('end plan', 'End Plan'), ('draw instalment', 'Draw Instalment'), ('report annulment', 'Report Annulment'), ('complain', 'Complain'), ('complaint message', 'Complaint Message'), ('complaint file', 'Complaint File'), ('decide complaint', 'Decide Complaint'), ('withdraw complaint', 'Withdraw Complaint')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('instalment', None), ('state', 'open')), fields=('party',), name='order_one_open_per_party'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('instalment__isnull', False)), fields=('plan', 'instalment', 'turn'), name='order_drawn_in_turn'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('instalment', None), models.Q(('party__isnull', False), ('plan__isnull', False)), _connector='OR'), name='order_draws_for_a_plan'),
        ),
    ]
