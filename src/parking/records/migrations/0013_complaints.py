"""Complaints about charges, what a machine saw of charges, and the dated rows both rest on."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import uuid
from django.db import migrations, models


#: What was said and decided is never changed, and is removed only when it is old.
WRITTEN_ONCE = {"complaint_decision": "decided", "complaint_message": "sent"}


def triggers() -> str:
    return "".join(
        f"""
CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION written_once('{at}', '23 months');
"""
        for table, at in WRITTEN_ONCE.items()
    )


def no_triggers() -> str:
    return "".join(
        f"DROP TRIGGER {table}_written_once ON {table};" for table in WRITTEN_ONCE
    )


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0012_collection'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChargeAnnulment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reference', models.CharField(max_length=64, unique=True)),
                ('amount_ore', models.PositiveIntegerField()),
                ('whole', models.BooleanField()),
                ('reason', models.CharField(max_length=20)),
                ('reasons', models.TextField()),
                ('evidence', models.JSONField(default=list)),
                ('decided', models.DateTimeField()),
                ('by', models.CharField(max_length=100)),
                ('by_machine', models.BooleanField()),
            ],
            options={
                'db_table': 'charge_annulment',
            },
        ),
        migrations.CreateModel(
            name='ChargeCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('occasion', models.CharField(max_length=20)),
                ('answer', models.CharField(max_length=5)),
                ('ask_again', models.BooleanField()),
                ('ground', models.CharField(blank=True, max_length=30)),
                ('reason', models.CharField(blank=True, max_length=20)),
                ('on_the_spot', models.BooleanField()),
                ('finding', models.JSONField()),
                ('facts', models.JSONField()),
                ('shown', models.JSONField(default=list)),
                ('versions', models.JSONField()),
            ],
            options={
                'db_table': 'charge_check',
            },
        ),
        migrations.CreateModel(
            name='Complaint',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(default='draft', max_length=40)),
                ('since', models.DateField()),
                ('round', models.PositiveSmallIntegerField(default=1)),
                ('channel', models.CharField(choices=[('portal', 'Portal'), ('letter', 'Letter'), ('email', 'Email'), ('phone', 'Phone')], default='portal', max_length=6)),
                ('language', models.CharField(default='da', max_length=2)),
                ('question', models.CharField(blank=True, max_length=20)),
                ('answers', models.JSONField(default=dict)),
                ('text', models.TextField(blank=True)),
                ('again', models.TextField(blank=True)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('address', models.CharField(blank=True, max_length=300)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('begun', models.DateTimeField()),
                ('changed', models.DateTimeField()),
                ('received', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'complaint',
            },
        ),
        migrations.CreateModel(
            name='ComplaintDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveSmallIntegerField()),
                ('outcome', models.CharField(choices=[('upheld', 'Upheld'), ('partly', 'Partly'), ('annulled', 'Annulled')], max_length=8)),
                ('reason', models.CharField(blank=True, max_length=20)),
                ('reasons', models.TextField()),
                ('amount_ore', models.PositiveIntegerField()),
                ('due', models.DateField(null=True)),
                ('decided', models.DateTimeField()),
                ('by', models.CharField(max_length=100)),
            ],
            options={
                'db_table': 'complaint_decision',
                'ordering': ['decided', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ComplaintFile',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('scan', models.CharField(choices=[('not scanned', 'Not Scanned'), ('clean', 'Clean'), ('quarantined', 'Quarantined')], max_length=12)),
                ('media_type', models.CharField(max_length=20)),
                ('content', models.BinaryField()),
                ('size', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('original_name', models.CharField(max_length=150)),
                ('uploaded', models.DateTimeField()),
                ('kind', models.CharField(max_length=30)),
                ('round', models.PositiveSmallIntegerField()),
                ('handed_in', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'complaint_file',
                'ordering': ['uploaded'],
            },
        ),
        migrations.CreateModel(
            name='ComplaintMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=64, unique=True)),
                ('round', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('message', 'Message'), ('question', 'Question'), ('hearing', 'Hearing'), ('reply', 'Reply'), ('withdrawal', 'Withdrawal')], max_length=10)),
                ('from_us', models.BooleanField()),
                ('text', models.TextField()),
                ('sent', models.DateTimeField()),
                ('until', models.DateField(null=True)),
            ],
            options={
                'db_table': 'complaint_message',
                'ordering': ['sent', 'id'],
            },
        ),
        migrations.CreateModel(
            name='OffenceVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=10)),
                ('in_force', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('kind', models.CharField(max_length=12)),
                ('danish', models.CharField(max_length=200)),
                ('english', models.CharField(max_length=200)),
                ('plain_danish', models.CharField(max_length=500)),
                ('plain_english', models.CharField(max_length=500)),
                ('cites', models.CharField(max_length=300)),
                ('amount_ore', models.PositiveIntegerField()),
                ('heavy', models.BooleanField(default=False)),
                ('asks', models.JSONField(default=list)),
                ('assumed', models.BooleanField()),
                ('source', models.CharField(max_length=300)),
            ],
            options={
                'db_table': 'offence',
            },
        ),
        migrations.RemoveConstraint(
            model_name='case',
            name='case_one_subject',
        ),
        migrations.AddField(
            model_name='case',
            name='charge',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='records.charge'),
        ),
        migrations.AddField(
            model_name='charge',
            name='has_annulments',
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name='outgoing',
            name='kind',
            field=models.CharField(choices=[('book order', 'Book Order'), ('publish permit', 'Publish Permit'), ('send receipt', 'Send Receipt'), ('send letter', 'Send Letter'), ('send mail', 'Send Mail'), ('refund', 'Refund'), ('credit order', 'Credit Order'), ('send reminder', 'Send Reminder'), ('report payment', 'Report Payment'), ('report refund', 'Report Refund'), ('report fee', 'Report Fee'), ('take back fee', 'Take Back Fee'), ('send charge letter', 'Send Charge Letter'), ('report letter', 'Report Letter'), ('report transfer', 'Report Transfer'), ('report withdrawal', 'Report Withdrawal'), ('tell collection', 'Tell Collection'), ('report plan', 'Report Plan'), ('end plan', 'End Plan'), ('report annulment', 'Report Annulment'), ('complain', 'Complain'), ('complaint message', 'Complaint Message'), ('complaint file', 'Complaint File'), ('decide complaint', 'Decide Complaint'), ('withdraw complaint', 'Withdraw Complaint')], max_length=20),
        ),
        migrations.AddField(
            model_name='chargeannulment',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='annulments', to='records.charge'),
        ),
        migrations.AddField(
            model_name='chargecheck',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='records.charge'),
        ),
        migrations.AddField(
            model_name='chargecheck',
            name='party',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='records.party'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='complaints', to='records.charge'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='party',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='complaints', to='records.party'),
        ),
        migrations.AddField(
            model_name='chargeannulment',
            name='complaint',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='annulments', to='records.complaint'),
        ),
        migrations.AddField(
            model_name='case',
            name='complaint',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='records.complaint'),
        ),
        migrations.AddField(
            model_name='letter',
            name='complaint',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='records.complaint'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('open', 'taken', 'asked'))), fields=('complaint',), name='case_one_of_a_complaint'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('open', 'taken', 'asked'))), fields=('charge',), name='case_one_of_a_charge'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('application__isnull', False), ('charge__isnull', True), ('complaint__isnull', True), ('kind__in', ['home', 'vehicle', 'documents', 'second vehicle']), ('party__isnull', False), ('zone_version__isnull', True)), models.Q(('application__isnull', True), ('charge__isnull', True), ('complaint__isnull', True), ('kind__in', ['map']), ('party__isnull', True), ('zone_version__isnull', False)), models.Q(('application__isnull', True), ('charge__isnull', True), ('complaint__isnull', False), ('kind__in', ['complaint']), ('zone_version__isnull', True)), models.Q(('application__isnull', True), ('charge__isnull', False), ('complaint__isnull', True), ('kind__in', ['finding']), ('zone_version__isnull', True)), _connector='OR'), name='case_one_subject'),
        ),
        migrations.AddField(
            model_name='complaintdecision',
            name='complaint',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='records.complaint'),
        ),
        migrations.AddField(
            model_name='complaintdecision',
            name='staff',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.staff'),
        ),
        migrations.AddField(
            model_name='complaintfile',
            name='complaint',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='records.complaint'),
        ),
        migrations.AddField(
            model_name='complaintmessage',
            name='complaint',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='records.complaint'),
        ),
        migrations.AddField(
            model_name='complaintmessage',
            name='staff',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.staff'),
        ),
        migrations.AddConstraint(
            model_name='offenceversion',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('code', '='), ('in_force', '&&')], name='offence_one_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='chargecheck',
            index=models.Index(fields=['charge', '-at'], name='charge_check_newest'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('submitted', 'in review', 'awaiting reply', 'hearing', 'second round', 'awaiting reply in the second round'))), fields=('charge',), name='complaint_one_open'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.UniqueConstraint(condition=models.Q(('party__isnull', False), ('state', 'draft')), fields=('charge', 'party'), name='complaint_one_draft'),
        ),
        migrations.AddConstraint(
            model_name='complaintfile',
            constraint=models.UniqueConstraint(fields=('complaint', 'sha256'), name='complaint_file_once'),
        ),
        migrations.RunSQL(triggers(), no_triggers()),
    ]
