"""Money by bank that is not where it belongs has a case; what goes back by bank is a row."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0017_unread'),
    ]

    operations = [
        migrations.CreateModel(
            name='BankRefund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40, unique=True)),
                ('why', models.CharField(choices=[('paid_out', 'Paid Out'), ('moved', 'Moved'), ('taken_back', 'Taken Back')], max_length=12)),
                ('payment_reference', models.CharField(max_length=80)),
                ('amount_ore', models.PositiveIntegerField()),
                ('due', models.DateTimeField()),
            ],
            options={
                'db_table': 'bank_refund',
            },
        ),
        migrations.CreateModel(
            name='UnplacedMoney',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('why', models.CharField(choices=[('fits nothing', 'Fits Nothing'), ('not booked', 'Not Booked'), ('taken back', 'Taken Back'), ('overpaid', 'Overpaid')], max_length=12)),
                ('amount_ore', models.PositiveBigIntegerField()),
                ('came', models.DateField()),
            ],
            options={
                'db_table': 'unplaced_money',
            },
        ),
        migrations.RemoveConstraint(
            model_name='case',
            name='case_one_subject',
        ),
        migrations.AddField(
            model_name='bankentry',
            name='payer_sealed',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='bankentry',
            name='reverses',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='records.bankentry'),
        ),
        migrations.AddField(
            model_name='charge',
            name='has_bank_refunds',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='bankentry',
            name='text',
            field=models.CharField(blank=True, max_length=140),
        ),
        migrations.AlterField(
            model_name='outgoing',
            name='kind',
            field=models.CharField(choices=[('book order', 'Book Order'), ('publish permit', 'Publish Permit'), ('send receipt', 'Send Receipt'), ('send letter', 'Send Letter'), ('send mail', 'Send Mail'), ('refund', 'Refund'), ('credit order', 'Credit Order'), ('send reminder', 'Send Reminder'), ('report payment', 'Report Payment'), ('report refund', 'Report Refund'), ('pay out', 'Pay Out'), ('report fee', 'Report Fee'), ('take back fee', 'Take Back Fee'), ('send charge letter', 'Send Charge Letter'), ('report letter', 'Report Letter'), ('report transfer', 'Report Transfer'), ('report withdrawal', 'Report Withdrawal'), ('tell collection', 'Tell Collection'), ('report plan', 'Report Plan'), ('end plan', 'End Plan'), ('draw instalment', 'Draw Instalment'), ('report annulment', 'Report Annulment'), ('complain', 'Complain'), ('complaint message', 'Complaint Message'), ('complaint file', 'Complaint File'), ('decide complaint', 'Decide Complaint'), ('withdraw complaint', 'Withdraw Complaint')], max_length=20),
        ),
        migrations.AddField(
            model_name='bankrefund',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bank_refunds', to='records.charge'),
        ),
        migrations.AddField(
            model_name='unplacedmoney',
            name='charge',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='unplaced_money', to='records.charge'),
        ),
        migrations.AddField(
            model_name='unplacedmoney',
            name='entry',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='unplaced_money', to='records.bankentry'),
        ),
        migrations.AddField(
            model_name='case',
            name='unplaced_money',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='records.unplacedmoney'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('open', 'taken', 'asked'))), fields=('unplaced_money',), name='case_one_of_unplaced_money'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('application__isnull', False), ('charge__isnull', True), ('complaint__isnull', True), ('kind__in', ['home', 'vehicle', 'documents', 'second vehicle']), ('party__isnull', False), ('permit__isnull', True), ('unplaced_money__isnull', True), ('zone_version__isnull', True)), models.Q(('application__isnull', True), ('charge__isnull', True), ('complaint__isnull', True), ('kind__in', ['map']), ('party__isnull', True), ('permit__isnull', True), ('unplaced_money__isnull', True), ('zone_version__isnull', False)), models.Q(('application__isnull', True), ('charge__isnull', True), ('complaint__isnull', False), ('kind__in', ['complaint']), ('permit__isnull', True), ('unplaced_money__isnull', True), ('zone_version__isnull', True)), models.Q(('application__isnull', True), ('charge__isnull', False), ('complaint__isnull', True), ('kind__in', ['finding']), ('permit__isnull', True), ('unplaced_money__isnull', True), ('zone_version__isnull', True)), models.Q(('application__isnull', True), ('charge__isnull', True), ('complaint__isnull', True), ('kind__in', ['changed']), ('party__isnull', False), ('permit__isnull', False), ('unplaced_money__isnull', True), ('zone_version__isnull', True)), models.Q(('application__isnull', True), ('charge__isnull', True), ('complaint__isnull', True), ('kind__in', ['money']), ('permit__isnull', True), ('unplaced_money__isnull', False), ('zone_version__isnull', True)), _connector='OR'), name='case_one_subject'),
        ),
        migrations.AddConstraint(
            model_name='bankrefund',
            constraint=models.CheckConstraint(condition=models.Q(('amount_ore__gt', 0)), name='bank_refund_is_something'),
        ),
        migrations.AddConstraint(
            model_name='unplacedmoney',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('charge__isnull', False), ('entry__isnull', True), ('why', 'overpaid')), models.Q(('entry__isnull', False), ('why__in', ['fits nothing', 'not booked', 'taken back']), ('charge__isnull', True)), _connector='OR'), name='unplaced_money_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='unplacedmoney',
            constraint=models.CheckConstraint(condition=models.Q(('amount_ore__gt', 0)), name='unplaced_money_is_something'),
        ),
    ]
