"""The first tables."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import uuid
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


#: What has been decided and who has looked stays as it was written, whoever asks the database.
WRITTEN_ONCE = """
CREATE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once', TG_TABLE_NAME;
END $$;
CREATE TRIGGER decision_written_once BEFORE UPDATE OR DELETE ON decision
    FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER look_up_written_once BEFORE UPDATE OR DELETE ON look_up
    FOR EACH ROW EXECUTE FUNCTION written_once();
"""
WRITTEN_AGAIN = """
DROP TRIGGER look_up_written_once ON look_up;
DROP TRIGGER decision_written_once ON decision;
DROP FUNCTION written_once();
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name='Application',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('product', models.CharField(max_length=60)),
                ('plate', models.CharField(max_length=10)),
                ('state', models.CharField(default='draft', max_length=20)),
                ('period', django.contrib.postgres.fields.ranges.DateRangeField(null=True)),
                ('zone', models.CharField(blank=True, max_length=10)),
                ('changes', models.JSONField(default=list)),
                ('finding', models.JSONField(null=True)),
                ('vehicle', models.JSONField(null=True)),
                ('caution', models.BooleanField(default=False)),
                ('item_number', models.CharField(blank=True, max_length=40)),
                ('price_ore', models.PositiveIntegerField(null=True)),
                ('price_reason', models.JSONField(null=True)),
                ('created', models.DateTimeField()),
                ('changed', models.DateTimeField()),
                ('ask_again_at', models.DateTimeField(null=True)),
                ('resumed', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'application',
            },
        ),
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=150, unique=True)),
                ('what', models.CharField(max_length=60)),
                ('detail', models.CharField(max_length=500)),
                ('raised', models.DateTimeField()),
                ('settled', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'incident',
            },
        ),
        migrations.CreateModel(
            name='LoginAttempt',
            fields=[
                ('return_key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('request_id', models.CharField(max_length=100, unique=True)),
                ('browser', models.CharField(max_length=64)),
                ('next_path', models.CharField(max_length=500)),
                ('begun', models.DateTimeField()),
                ('answered', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'login_attempt',
            },
        ),
        migrations.CreateModel(
            name='Party',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('person', 'Person')], default='person', max_length=10)),
                ('name_id', models.CharField(max_length=200, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('number_sealed', models.BinaryField()),
                ('number_fingerprint', models.CharField(db_index=True, max_length=64)),
                ('customer', models.CharField(db_index=True, max_length=20)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('language', models.CharField(default='da', max_length=2)),
                ('first_seen', models.DateTimeField()),
                ('last_seen', models.DateTimeField()),
            ],
            options={
                'db_table': 'party',
            },
        ),
        migrations.CreateModel(
            name='PaymentNotice',
            fields=[
                ('event_id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('event', models.CharField(max_length=80)),
                ('payment_id', models.CharField(db_index=True, max_length=64)),
                ('received', models.DateTimeField()),
                ('times', models.PositiveIntegerField(default=1)),
            ],
            options={
                'db_table': 'payment_notice',
            },
        ),
        migrations.CreateModel(
            name='ReminderRun',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('finished', models.DateTimeField()),
                ('due', models.PositiveIntegerField()),
            ],
            options={
                'db_table': 'reminder_run',
            },
        ),
        migrations.CreateModel(
            name='UsedAssertion',
            fields=[
                ('assertion_id', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('valid_until', models.DateTimeField(db_index=True)),
            ],
            options={
                'db_table': 'used_assertion',
            },
        ),
        migrations.CreateModel(
            name='Bucket',
            fields=[
                ('key', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('left', models.FloatField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'db_table': 'bucket',
                'indexes': [models.Index(fields=['at'], name='bucket_by_time')],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decided', models.DateTimeField()),
                ('occasion', models.CharField(max_length=40)),
                ('answer', models.CharField(max_length=4)),
                ('finding', models.JSONField()),
                ('facts', models.JSONField()),
                ('versions', models.JSONField()),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='records.application')),
            ],
            options={
                'db_table': 'decision',
            },
        ),
        migrations.CreateModel(
            name='FareLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.CharField(max_length=60)),
                ('item_number', models.CharField(max_length=40)),
                ('tier', models.CharField(max_length=20)),
                ('price_ore', models.PositiveIntegerField()),
                ('in_force', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('fetched', models.DateTimeField()),
            ],
            options={
                'db_table': 'fare',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('product', '='), ('tier', '='), ('in_force', '&&')], name='fare_one_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Outgoing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('book order', 'Book Order'), ('publish permit', 'Publish Permit'), ('send receipt', 'Send Receipt'), ('send mail', 'Send Mail'), ('refund', 'Refund'), ('credit order', 'Credit Order'), ('send reminder', 'Send Reminder')], max_length=20)),
                ('key', models.CharField(max_length=100, unique=True)),
                ('lane', models.CharField(max_length=60)),
                ('payload', models.JSONField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('done', 'Done'), ('dead', 'Dead')], default='waiting', max_length=8)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('written', models.DateTimeField()),
                ('next_try', models.DateTimeField()),
                ('done', models.DateTimeField(null=True)),
                ('answer', models.CharField(blank=True, max_length=200)),
                ('last_error', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'db_table': 'outgoing',
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_try'], name='outgoing_waiting'), models.Index(condition=models.Q(('state', 'waiting')), fields=['lane', 'id'], name='outgoing_lane')],
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=20, unique=True)),
                ('state', models.CharField(default='open', max_length=12)),
                ('total_ore', models.PositiveIntegerField()),
                ('language', models.CharField(max_length=2)),
                ('opened', models.DateTimeField()),
                ('expires', models.DateTimeField()),
                ('settled', models.DateTimeField(null=True)),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='records.party')),
            ],
            options={
                'db_table': 'order',
            },
        ),
        migrations.CreateModel(
            name='LookUp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('register', models.CharField(max_length=30)),
                ('purpose', models.CharField(max_length=60)),
                ('asked_by', models.CharField(max_length=60)),
                ('reference', models.CharField(max_length=60)),
                ('outcome', models.CharField(max_length=20)),
                ('at', models.DateTimeField()),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='look_ups', to='records.party')),
            ],
            options={
                'db_table': 'look_up',
            },
        ),
        migrations.CreateModel(
            name='LoginSession',
            fields=[
                ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('session_index', models.CharField(db_index=True, max_length=200)),
                ('assurance', models.CharField(max_length=20)),
                ('begun', models.DateTimeField()),
                ('last_used', models.DateTimeField()),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='records.party')),
            ],
            options={
                'db_table': 'login_session',
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('subject', models.CharField(max_length=200)),
                ('pdf', models.BinaryField()),
                ('written', models.DateTimeField()),
                ('sent', models.DateTimeField(null=True)),
                ('transaction', models.CharField(blank=True, max_length=100)),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='receipt', to='records.order')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='records.party')),
            ],
            options={
                'db_table': 'letter',
            },
        ),
        migrations.AddField(
            model_name='application',
            name='party',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='records.party'),
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('payment_id', models.CharField(max_length=64, unique=True)),
                ('page_url', models.URLField(max_length=1000)),
                ('created', models.DateTimeField()),
                ('asked', models.DateTimeField(null=True)),
                ('taken_ore', models.PositiveIntegerField(default=0)),
                ('refunded_ore', models.PositiveIntegerField(default=0)),
                ('charge_id', models.CharField(blank=True, max_length=64)),
                ('method', models.CharField(blank=True, max_length=40)),
                ('masked_card', models.CharField(blank=True, max_length=30)),
                ('ended', models.BooleanField(default=False)),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='payment', to='records.order')),
            ],
            options={
                'db_table': 'payment',
            },
        ),
        migrations.CreateModel(
            name='Permit',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=20, unique=True)),
                ('family', models.CharField(max_length=20)),
                ('product', models.CharField(max_length=60)),
                ('zone', models.CharField(max_length=10)),
                ('plate', models.CharField(max_length=10)),
                ('period', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('slot', models.PositiveSmallIntegerField()),
                ('state', models.CharField(default='reserved', max_length=10)),
                ('reserved', models.DateTimeField()),
                ('activated', models.DateTimeField(null=True)),
                ('ended_on', models.DateField(null=True)),
                ('ended_because', models.CharField(blank=True, max_length=40)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='permits', to='records.application')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='permits', to='records.party')),
            ],
            options={
                'db_table': 'permit',
            },
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item_number', models.CharField(max_length=40)),
                ('price_ore', models.PositiveIntegerField()),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='records.application')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='records.order')),
                ('permit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='line', to='records.permit')),
            ],
            options={
                'db_table': 'order_line',
                'ordering': ['id'],
            },
        ),
        migrations.AddField(
            model_name='application',
            name='renews',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='renewals', to='records.permit'),
        ),
        migrations.CreateModel(
            name='PrivateCommonRoad',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('municipality', models.CharField(max_length=4)),
                ('road_code', models.CharField(max_length=4)),
                ('name', models.CharField(max_length=200)),
                ('in_force', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('source', models.CharField(max_length=300)),
            ],
            options={
                'db_table': 'private_common_road',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('municipality', '='), ('road_code', '='), ('in_force', '&&')], name='private_common_road_once')],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=24, unique=True)),
                ('amount_ore', models.PositiveIntegerField()),
                ('reason', models.CharField(max_length=40)),
                ('refund_id', models.CharField(blank=True, max_length=64)),
                ('due', models.DateTimeField()),
                ('done', models.DateTimeField(null=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='records.order')),
                ('permit', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refund', to='records.permit')),
            ],
            options={
                'db_table': 'refund',
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('days_before', models.PositiveSmallIntegerField()),
                ('due', models.DateField()),
                ('written', models.DateTimeField()),
                ('sent', models.DateTimeField(null=True)),
                ('failed', models.CharField(blank=True, max_length=200)),
                ('permit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='records.permit')),
            ],
            options={
                'db_table': 'reminder',
            },
        ),
        migrations.CreateModel(
            name='TermsVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.CharField(max_length=60)),
                ('in_force', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('permits_per_person', models.PositiveSmallIntegerField()),
                ('youngest_age', models.PositiveSmallIntegerField()),
                ('heaviest_vehicle_kg', models.PositiveIntegerField()),
                ('months', models.PositiveSmallIntegerField()),
                ('most_days_ahead', models.PositiveSmallIntegerField()),
                ('renewal_days', models.PositiveSmallIntegerField()),
                ('refunds', models.BooleanField()),
                ('smallest_refund_ore', models.PositiveIntegerField()),
                ('private_common_road_effect', models.CharField(max_length=10)),
                ('thresholds', models.JSONField(default=list)),
                ('source', models.CharField(max_length=300)),
            ],
            options={
                'db_table': 'terms',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('product', '='), ('in_force', '&&')], name='terms_one_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='ZoneVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('in_force', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('source_hash', models.CharField(max_length=64)),
                ('fetched', models.DateTimeField()),
            ],
            options={
                'db_table': 'zone_version',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('in_force', '&&')], name='zone_version_one_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='ZoneShape',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(choices=[('home area', 'Home Area'), ('permit zone', 'Permit Zone'), ('time-limited zone', 'Time Limited Zone'), ('flex zone', 'Flex Zone'), ('paid zone', 'Paid Zone'), ('outside', 'Outside')], max_length=20)),
                ('code', models.CharField(blank=True, max_length=10)),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(blank=True, max_length=12)),
                ('codes', models.JSONField(default=list)),
                ('geometry', models.JSONField()),
                ('source_id', models.CharField(max_length=60)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shapes', to='records.zoneversion')),
            ],
            options={
                'db_table': 'zone_shape',
            },
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('state__in', ['open', 'refund due'])), fields=['expires'], name='order_open_or_owing'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('party',), name='order_one_open_per_party'),
        ),
        migrations.AddIndex(
            model_name='lookup',
            index=models.Index(fields=['party', '-at'], name='look_up_of_party'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_ore__lte', models.F('taken_ore'))), name='payment_refund_within_taken'),
        ),
        migrations.AddIndex(
            model_name='permit',
            index=models.Index(fields=['party', 'state'], name='permit_of_party'),
        ),
        migrations.AddConstraint(
            model_name='permit',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state__in', ('reserved', 'active'))), expressions=[('plate', '='), ('period', '&&')], name='permit_one_per_vehicle'),
        ),
        migrations.AddConstraint(
            model_name='permit',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state__in', ('reserved', 'active'))), expressions=[('party', '='), ('family', '='), ('slot', '='), ('period', '&&')], name='permit_within_quota'),
        ),
        migrations.AddConstraint(
            model_name='permit',
            constraint=models.CheckConstraint(condition=models.Q(('slot__gte', 1)), name='permit_slot_from_one'),
        ),
        migrations.AddConstraint(
            model_name='permit',
            constraint=models.CheckConstraint(condition=models.Q(models.Func(models.F('period'), function='isempty', output_field=models.BooleanField()), _negated=True), name='permit_lasts'),
        ),
        migrations.AddIndex(
            model_name='application',
            index=models.Index(fields=['party', 'state'], name='application_of_party'),
        ),
        migrations.AddIndex(
            model_name='application',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['ask_again_at'], name='application_to_ask_again'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount_ore__gt', 0)), name='refund_is_something'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.UniqueConstraint(fields=('permit', 'days_before'), name='reminder_once'),
        ),
        migrations.RunSQL(
            "CREATE SEQUENCE permit_number; CREATE SEQUENCE order_number;",
            "DROP SEQUENCE permit_number; DROP SEQUENCE order_number;",
        ),
        migrations.RunSQL("ALTER TABLE bucket SET UNLOGGED", "ALTER TABLE bucket SET LOGGED"),
        migrations.RunSQL(WRITTEN_ONCE, WRITTEN_AGAIN),
    ]
