"""Charges, what is paid on them, and orders that pay them without a login."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0010_zones'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChargeClaim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('claimed', models.DateTimeField()),
            ],
            options={
                'db_table': 'charge_claim',
            },
        ),
        migrations.CreateModel(
            name='ChargeFeed',
            fields=[
                ('only', models.BooleanField(default=True, primary_key=True, serialize=False)),
                ('cursor', models.CharField(blank=True, max_length=200)),
                ('sequence', models.PositiveBigIntegerField(null=True)),
                ('listing', models.CharField(blank=True, max_length=200)),
                ('listed', models.PositiveIntegerField(default=0)),
                ('total', models.PositiveIntegerField(default=0)),
                ('read', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'charge_feed',
            },
        ),
        migrations.CreateModel(
            name='ChargeHolder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('relation', models.CharField(max_length=5)),
                ('kind', models.CharField(max_length=7)),
                ('number_sealed', models.BinaryField()),
                ('number_fingerprint', models.CharField(max_length=64)),
                ('since', models.DateField()),
                ('until', models.DateField(null=True)),
            ],
            options={
                'db_table': 'charge_holder',
            },
        ),
        migrations.CreateModel(
            name='ChargePayment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reference', models.CharField(max_length=40, unique=True)),
                ('amount_ore', models.PositiveIntegerField()),
                ('refunded_ore', models.PositiveIntegerField(default=0)),
                ('method', models.CharField(max_length=12)),
                ('paid', models.DateTimeField()),
            ],
            options={
                'db_table': 'charge_payment',
            },
        ),
        migrations.CreateModel(
            name='ChosenCharge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('chosen', models.DateTimeField()),
            ],
            options={
                'db_table': 'chosen_charge',
            },
        ),
        migrations.AlterField(
            model_name='order',
            name='party',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='records.party'),
        ),
        migrations.AlterField(
            model_name='orderline',
            name='application',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='records.application'),
        ),
        migrations.AlterField(
            model_name='orderline',
            name='permit',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='line', to='records.permit'),
        ),
        migrations.AlterField(
            model_name='outgoing',
            name='kind',
            field=models.CharField(choices=[('book order', 'Book Order'), ('publish permit', 'Publish Permit'), ('send receipt', 'Send Receipt'), ('send letter', 'Send Letter'), ('send mail', 'Send Mail'), ('refund', 'Refund'), ('credit order', 'Credit Order'), ('send reminder', 'Send Reminder'), ('report payment', 'Report Payment'), ('report refund', 'Report Refund')], max_length=20),
        ),
        migrations.CreateModel(
            name='Charge',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('source_id', models.CharField(max_length=64, unique=True)),
                ('number', models.CharField(max_length=9, unique=True)),
                ('version', models.PositiveIntegerField()),
                ('plate', models.CharField(max_length=15)),
                ('country', models.CharField(max_length=2)),
                ('issued', models.DateTimeField()),
                ('state', models.CharField(max_length=16)),
                ('due', models.DateField()),
                ('balance_ore', models.IntegerField()),
                ('waits', models.BooleanField()),
                ('code_hash', models.CharField(max_length=64)),
                ('told', models.JSONField()),
                ('learnt', models.DateTimeField()),
            ],
            options={
                'db_table': 'charge',
                'indexes': [models.Index(fields=['plate', '-issued'], name='charge_of_plate'), models.Index(condition=models.Q(('balance_ore__gt', 0), ('waits', False)), fields=['due'], name='charge_owing')],
            },
        ),
        migrations.AddField(
            model_name='orderline',
            name='charge',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='records.charge'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('application__isnull', False), ('charge__isnull', True), ('permit__isnull', False)), models.Q(('application__isnull', True), ('charge__isnull', False), ('permit__isnull', True)), _connector='OR'), name='order_line_for_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.UniqueConstraint(fields=('order', 'charge'), name='order_line_charge_once'),
        ),
        migrations.AddField(
            model_name='chargeclaim',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='claims', to='records.charge'),
        ),
        migrations.AddField(
            model_name='chargeclaim',
            name='party',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='charge_claims', to='records.party'),
        ),
        migrations.AddConstraint(
            model_name='chargefeed',
            constraint=models.CheckConstraint(condition=models.Q(('only', True)), name='charge_feed_one'),
        ),
        migrations.AddField(
            model_name='chargeholder',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holders', to='records.charge'),
        ),
        migrations.AddField(
            model_name='chargepayment',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='records.charge'),
        ),
        migrations.AddField(
            model_name='chargepayment',
            name='order',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='charge_payments', to='records.order'),
        ),
        migrations.AddField(
            model_name='refund',
            name='charge_payment',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='records.chargepayment'),
        ),
        migrations.AddField(
            model_name='chosencharge',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chosen', to='records.charge'),
        ),
        migrations.AddField(
            model_name='chosencharge',
            name='party',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chosen_charges', to='records.party'),
        ),
        migrations.AddConstraint(
            model_name='chargeclaim',
            constraint=models.UniqueConstraint(fields=('party', 'charge'), name='charge_claim_once'),
        ),
        migrations.AddIndex(
            model_name='chargeholder',
            index=models.Index(fields=['number_fingerprint'], name='charge_holder_number'),
        ),
        migrations.AddConstraint(
            model_name='chargeholder',
            constraint=models.UniqueConstraint(fields=('charge', 'relation', 'number_fingerprint', 'since'), name='charge_holder_once'),
        ),
        migrations.AddConstraint(
            model_name='chargepayment',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_ore__lte', models.F('amount_ore'))), name='charge_refund_within_paid'),
        ),
        migrations.AddConstraint(
            model_name='chosencharge',
            constraint=models.UniqueConstraint(fields=('party', 'charge'), name='chosen_charge_once'),
        ),
    ]
