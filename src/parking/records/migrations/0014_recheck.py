"""Permits are compared with the accounts and looked at again; letters have receipts."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0013_complaints'),
    ]

    operations = [
        migrations.CreateModel(
            name='PermitComparison',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('finished', models.DateTimeField()),
                ('ours', models.PositiveIntegerField()),
                ('theirs', models.PositiveIntegerField()),
                ('differing', models.PositiveIntegerField()),
            ],
            options={
                'db_table': 'permit_comparison',
            },
        ),
        migrations.RemoveConstraint(
            model_name='case',
            name='case_one_subject',
        ),
        migrations.AddField(
            model_name='case',
            name='found',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='permit',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='records.permit'),
        ),
        migrations.AddField(
            model_name='permit',
            name='next_look',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='permit',
            index=models.Index(condition=models.Q(('next_look__isnull', False), ('state', 'active')), fields=['next_look'], name='permit_to_look_at'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('open', 'taken', 'asked'))), fields=('permit',), name='case_one_of_a_permit'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('application__isnull', False), ('charge__isnull', True), ('complaint__isnull', True), ('kind__in', ['home', 'vehicle', 'documents', 'second vehicle']), ('party__isnull', False), ('permit__isnull', True), ('zone_version__isnull', True)), models.Q(('application__isnull', True), ('charge__isnull', True), ('complaint__isnull', True), ('kind__in', ['map']), ('party__isnull', True), ('permit__isnull', True), ('zone_version__isnull', False)), models.Q(('application__isnull', True), ('charge__isnull', True), ('complaint__isnull', False), ('kind__in', ['complaint']), ('permit__isnull', True), ('zone_version__isnull', True)), models.Q(('application__isnull', True), ('charge__isnull', False), ('complaint__isnull', True), ('kind__in', ['finding']), ('permit__isnull', True), ('zone_version__isnull', True)), models.Q(('application__isnull', True), ('charge__isnull', True), ('complaint__isnull', True), ('kind__in', ['changed']), ('party__isnull', False), ('permit__isnull', False), ('zone_version__isnull', True)), _connector='OR'), name='case_one_subject'),
        ),
        migrations.CreateModel(
            name='ReceiptFeed',
            fields=[
                ('only', models.BooleanField(default=True, primary_key=True, serialize=False)),
                ('cursor', models.CharField(blank=True, max_length=100)),
                ('began', models.DateTimeField()),
            ],
            options={
                'db_table': 'receipt_feed',
            },
        ),
        migrations.AddField(
            model_name='letter',
            name='delivered',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='letter',
            name='rejected',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='reminder',
            name='delivered',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='reminder',
            name='message',
            field=models.UUIDField(null=True, unique=True),
        ),
        migrations.AddField(
            model_name='reminder',
            name='returned',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(condition=models.Q(('delivered', None), ('rejected', ''), ('sent__isnull', False)), fields=['sent'], name='letter_without_receipt'),
        ),
        migrations.AddConstraint(
            model_name='receiptfeed',
            constraint=models.CheckConstraint(condition=models.Q(('only', True)), name='receipt_feed_one'),
        ),
        # Those there are have their turn as if they had always had one.
        migrations.RunSQL(
            "UPDATE permit SET next_look = reserved + interval '30 days'"
            " WHERE state = 'active' AND upper(period) > current_date",
            migrations.RunSQL.noop,
        ),
    ]
