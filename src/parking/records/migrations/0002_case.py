"""Cases, documents, and who works in the office."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


#: What was done in a case, and what was supplied in it, stays as it was written.
WRITTEN_ONCE = """
CREATE TRIGGER case_step_written_once BEFORE UPDATE OR DELETE ON case_step
    FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER supplied_written_once BEFORE UPDATE OR DELETE ON supplied
    FOR EACH ROW EXECUTE FUNCTION written_once();
"""
WRITTEN_AGAIN = """
DROP TRIGGER supplied_written_once ON supplied;
DROP TRIGGER case_step_written_once ON case_step;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0001_first'),
    ]

    operations = [
        migrations.CreateModel(
            name='Staff',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name_id', models.CharField(max_length=200, unique=True)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('unit', models.CharField(max_length=40)),
                ('roles', models.JSONField(default=list)),
                ('language', models.CharField(default='da', max_length=2)),
                ('number_fingerprint', models.CharField(blank=True, max_length=64)),
                ('added', models.DateTimeField()),
                ('last_seen', models.DateTimeField(null=True)),
                ('disabled', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'staff',
            },
        ),
        migrations.AddField(
            model_name='letter',
            name='language',
            field=models.CharField(default='da', max_length=2),
        ),
        migrations.AddField(
            model_name='permit',
            name='provisional_until',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='termsversion',
            name='documentation_days',
            field=models.PositiveSmallIntegerField(default=14),
        ),
        migrations.AlterField(
            model_name='letter',
            name='order',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='receipt', to='records.order'),
        ),
        migrations.AlterField(
            model_name='outgoing',
            name='kind',
            field=models.CharField(choices=[('book order', 'Book Order'), ('publish permit', 'Publish Permit'), ('send receipt', 'Send Receipt'), ('send letter', 'Send Letter'), ('send mail', 'Send Mail'), ('refund', 'Refund'), ('credit order', 'Credit Order'), ('send reminder', 'Send Reminder')], max_length=20),
        ),
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=20, unique=True)),
                ('kind', models.CharField(max_length=20)),
                ('facts', models.JSONField()),
                ('state', models.CharField(default='open', max_length=10)),
                ('version', models.PositiveIntegerField(default=0)),
                ('opened', models.DateTimeField()),
                ('due', models.DateField()),
                ('closed', models.DateTimeField(null=True)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='records.application')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='records.party')),
                ('taken_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='records.staff')),
            ],
            options={
                'db_table': 'case',
            },
        ),
        migrations.AddField(
            model_name='letter',
            name='case',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='records.case'),
        ),
        migrations.CreateModel(
            name='CaseStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=20)),
                ('step', models.CharField(max_length=20)),
                ('text', models.TextField(blank=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='records.case')),
                ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.staff')),
            ],
            options={
                'db_table': 'case_step',
                'ordering': ['id'],
            },
        ),
        migrations.AddField(
            model_name='lookup',
            name='staff',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='look_ups', to='records.staff'),
        ),
        migrations.CreateModel(
            name='StaffSession',
            fields=[
                ('key_hash', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('session_index', models.CharField(db_index=True, max_length=200)),
                ('roles', models.JSONField()),
                ('purposes', models.JSONField(default=dict)),
                ('begun', models.DateTimeField()),
                ('last_used', models.DateTimeField()),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='records.staff')),
            ],
            options={
                'db_table': 'staff_session',
            },
        ),
        migrations.CreateModel(
            name='Supplied',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fact', models.CharField(max_length=40)),
                ('value', models.JSONField()),
                ('reason', models.TextField()),
                ('at', models.DateTimeField()),
                ('valid_until', models.DateField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supplied', to='records.case')),
                ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.staff')),
            ],
            options={
                'db_table': 'supplied',
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('sole-user declaration', 'Sole User Declaration'), ('lease', 'Lease'), ('other', 'Other')], max_length=30)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('handed in', 'Handed In'), ('approved', 'Approved'), ('rejected', 'Rejected')], default='draft', max_length=10)),
                ('scan', models.CharField(choices=[('not scanned', 'Not Scanned'), ('clean', 'Clean'), ('quarantined', 'Quarantined')], max_length=12)),
                ('media_type', models.CharField(max_length=20)),
                ('content', models.BinaryField()),
                ('size', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('original_name', models.CharField(max_length=150)),
                ('uploaded', models.DateTimeField()),
                ('handed_in', models.DateTimeField(null=True)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='records.application')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='records.party')),
            ],
            options={
                'db_table': 'document',
                'ordering': ['uploaded'],
                'constraints': [models.UniqueConstraint(fields=('application', 'kind', 'sha256'), name='document_once')],
            },
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state__in', ('open', 'taken', 'asked'))), fields=['due'], name='case_unfinished'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('open', 'taken', 'asked'))), fields=('application', 'kind'), name='case_one_of_a_kind'),
        ),
        migrations.AddConstraint(
            model_name='supplied',
            constraint=models.UniqueConstraint(fields=('case', 'fact'), name='supplied_once_in_a_case'),
        ),
        migrations.RunSQL("CREATE SEQUENCE case_number", "DROP SEQUENCE case_number"),
        migrations.RunSQL(WRITTEN_ONCE, WRITTEN_AGAIN),
    ]
