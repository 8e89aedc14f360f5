"""Collecting charges: terms, steps, pauses, claims, plans, what the bank told, letters."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0011_charges'),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE plan_number", "DROP SEQUENCE plan_number"),
        migrations.CreateModel(
            name='BankEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=80, unique=True)),
                ('payment_id', models.CharField(blank=True, max_length=30)),
                ('amount_ore', models.BigIntegerField()),
                ('booked', models.DateField()),
                ('read', models.DateTimeField()),
                ('became', models.CharField(max_length=20)),
            ],
            options={
                'db_table': 'bank_entry',
            },
        ),
        migrations.CreateModel(
            name='BankFeed',
            fields=[
                ('only', models.BooleanField(default=True, primary_key=True, serialize=False)),
                ('cursor', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'db_table': 'bank_feed',
            },
        ),
        migrations.CreateModel(
            name='ChargePause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hold', models.CharField(max_length=12)),
                ('reference', models.CharField(max_length=80)),
                ('since', models.DateField()),
                ('until', models.DateField(null=True)),
            ],
            options={
                'db_table': 'charge_pause',
            },
        ),
        migrations.CreateModel(
            name='ChargeStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(max_length=40)),
                ('turn', models.PositiveSmallIntegerField(default=0)),
                ('state', models.CharField(max_length=16)),
                ('day', models.DateField()),
                ('taken', models.DateTimeField()),
                ('reference', models.CharField(max_length=60, unique=True)),
                ('fee_ore', models.PositiveIntegerField(default=0)),
                ('owed_ore', models.PositiveIntegerField(default=0)),
                ('due', models.DateField(null=True)),
                ('told', models.DateTimeField(null=True)),
                ('refused', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'db_table': 'charge_step',
            },
        ),
        migrations.CreateModel(
            name='ChargeTermsVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('in_force', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('numbers', models.JSONField()),
                ('source', models.CharField(max_length=400)),
            ],
            options={
                'db_table': 'charge_terms',
            },
        ),
        migrations.CreateModel(
            name='CollectionAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('submit', 'Submit'), ('write down', 'Write Down'), ('recall', 'Recall')], max_length=12)),
                ('amount_ore', models.PositiveIntegerField()),
                ('reason', models.CharField(blank=True, max_length=20)),
                ('written', models.DateTimeField()),
                ('state', models.CharField(blank=True, max_length=12)),
                ('code', models.CharField(blank=True, max_length=20)),
                ('settled', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'collection_action',
            },
        ),
        migrations.CreateModel(
            name='CollectionClaim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=60, unique=True)),
                ('amount_ore', models.PositiveIntegerField()),
                ('left_ore', models.PositiveIntegerField()),
                ('made', models.DateTimeField()),
                ('ended', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'collection_claim',
            },
        ),
        migrations.CreateModel(
            name='CollectionFeed',
            fields=[
                ('only', models.BooleanField(default=True, primary_key=True, serialize=False)),
                ('last', models.BigIntegerField(default=0)),
            ],
            options={
                'db_table': 'collection_feed',
            },
        ),
        migrations.CreateModel(
            name='Instalment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('due', models.DateField()),
                ('amount_ore', models.PositiveIntegerField()),
            ],
            options={
                'db_table': 'instalment',
                'ordering': ['plan', 'number', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(unique=True)),
                ('state', models.CharField(default='agreed', max_length=12)),
                ('language', models.CharField(max_length=2)),
                ('agreed', models.DateTimeField()),
                ('ended', models.DateTimeField(null=True)),
                ('due', models.DateField(null=True)),
                ('source_id', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'db_table': 'plan',
            },
        ),
        migrations.AddField(
            model_name='chosencharge',
            name='part_ore',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='letter',
            name='addressee_fingerprint',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='letter',
            name='addressee_sealed',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='letter',
            name='channel',
            field=models.CharField(blank=True, choices=[('digital_post', 'Digital Post'), ('print', 'Print')], max_length=12),
        ),
        migrations.AddField(
            model_name='letter',
            name='charge',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='records.charge'),
        ),
        migrations.AddField(
            model_name='letter',
            name='kind',
            field=models.CharField(blank=True, max_length=24),
        ),
        migrations.AddField(
            model_name='letter',
            name='printed',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='letter',
            name='queued',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='letter',
            name='party',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='records.party'),
        ),
        migrations.AlterField(
            model_name='outgoing',
            name='kind',
            field=models.CharField(choices=[('book order', 'Book Order'), ('publish permit', 'Publish Permit'), ('send receipt', 'Send Receipt'), ('send letter', 'Send Letter'), ('send mail', 'Send Mail'), ('refund', 'Refund'), ('credit order', 'Credit Order'), ('send reminder', 'Send Reminder'), ('report payment', 'Report Payment'), ('report refund', 'Report Refund'), ('report fee', 'Report Fee'), ('take back fee', 'Take Back Fee'), ('send charge letter', 'Send Charge Letter'), ('report letter', 'Report Letter'), ('report transfer', 'Report Transfer'), ('report withdrawal', 'Report Withdrawal'), ('tell collection', 'Tell Collection'), ('report plan', 'Report Plan'), ('end plan', 'End Plan')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(condition=models.Q(('balance_ore__gt', 0), ('state__in', ['issued', 'reminded', 'first_fee', 'second_fee']), ('waits', False)), fields=['due'], name='charge_to_collect'),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(condition=models.Q(('printed__isnull', True), ('queued__isnull', False)), fields=['queued'], name='letter_to_print'),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(condition=models.Q(('charge__isnull', False)), fields=['charge', 'addressee_fingerprint'], name='letter_about_charge'),
        ),
        migrations.AddConstraint(
            model_name='bankfeed',
            constraint=models.CheckConstraint(condition=models.Q(('only', True)), name='bank_feed_one'),
        ),
        migrations.AddField(
            model_name='chargepause',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pauses', to='records.charge'),
        ),
        migrations.AddField(
            model_name='chargestep',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='records.charge'),
        ),
        migrations.AddConstraint(
            model_name='chargetermsversion',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('in_force', '&&')], name='charge_terms_one_at_a_time'),
        ),
        migrations.AddField(
            model_name='collectionclaim',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='collection_claims', to='records.charge'),
        ),
        migrations.AddField(
            model_name='collectionaction',
            name='claim',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='records.collectionclaim'),
        ),
        migrations.AddConstraint(
            model_name='collectionfeed',
            constraint=models.CheckConstraint(condition=models.Q(('only', True)), name='collection_feed_one'),
        ),
        migrations.AddField(
            model_name='instalment',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='instalments', to='records.charge'),
        ),
        migrations.AddField(
            model_name='plan',
            name='party',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='records.party'),
        ),
        migrations.AddField(
            model_name='instalment',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='instalments', to='records.plan'),
        ),
        migrations.AddConstraint(
            model_name='chargepause',
            constraint=models.UniqueConstraint(fields=('charge', 'reference'), name='charge_pause_once'),
        ),
        migrations.AddConstraint(
            model_name='chargepause',
            constraint=models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('since')), _connector='OR'), name='charge_pause_ends_after_it_began'),
        ),
        migrations.AddConstraint(
            model_name='chargestep',
            constraint=models.UniqueConstraint(condition=models.Q(('refused', '')), fields=('charge', 'step', 'turn'), name='charge_step_once'),
        ),
        migrations.AddConstraint(
            model_name='collectionclaim',
            constraint=models.UniqueConstraint(condition=models.Q(('ended', None)), fields=('charge',), name='collection_claim_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='collectionclaim',
            constraint=models.CheckConstraint(condition=models.Q(('left_ore__lte', models.F('amount_ore'))), name='collection_claim_left_within'),
        ),
        migrations.AddIndex(
            model_name='collectionaction',
            index=models.Index(condition=models.Q(('settled__isnull', True)), fields=['id'], name='collection_action_open'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'agreed')), fields=('party',), name='plan_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='instalment',
            constraint=models.UniqueConstraint(fields=('plan', 'number', 'charge'), name='instalment_once'),
        ),
        migrations.AddConstraint(
            model_name='instalment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_ore__gt', 0)), name='instalment_is_something'),
        ),
    ]
