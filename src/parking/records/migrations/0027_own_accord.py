"""Charges are annulled of our own accord, and found by street and time by an index of their own."""

import django.db.models.deletion
import django.db.models.fields.json
import django.db.models.functions.text
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0026_infected_documents'),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnAccordAnnulment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(default='proposed', max_length=10)),
                ('street', models.CharField(blank=True, max_length=100)),
                ('first_house', models.PositiveIntegerField(null=True)),
                ('last_house', models.PositiveIntegerField(null=True)),
                ('since', models.DateTimeField(null=True)),
                ('until', models.DateTimeField(null=True)),
                ('codes', models.JSONField(default=list)),
                ('reason', models.CharField(max_length=20)),
                ('reasons', models.TextField()),
                ('reasons_english', models.TextField(blank=True)),
                ('count', models.PositiveIntegerField()),
                ('owed_ore', models.PositiveBigIntegerField()),
                ('back_ore', models.PositiveBigIntegerField()),
                ('proposed', models.DateTimeField()),
                ('answered', models.DateTimeField(null=True)),
                ('answer', models.TextField(blank=True)),
                ('finished', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'own_accord_annulment',
            },
        ),
        migrations.CreateModel(
            name='OwnAccordCharge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owed_ore', models.PositiveIntegerField()),
                ('back_ore', models.PositiveIntegerField()),
                ('outcome', models.CharField(choices=[('waiting', 'Waiting'), ('annulled', 'Annulled'), ('over', 'Over'), ('disagrees', 'Disagrees')], default='waiting', max_length=9)),
                ('annulled_ore', models.PositiveIntegerField(default=0)),
                ('done', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'own_accord_charge',
            },
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(django.db.models.functions.text.Lower(django.db.models.fields.json.KeyTextTransform('street', django.db.models.fields.json.KeyTextTransform('place', 'told'))), models.F('issued'), name='charge_on_street'),
        ),
        migrations.AddField(
            model_name='ownaccordannulment',
            name='answered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.staff'),
        ),
        migrations.AddField(
            model_name='ownaccordannulment',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.staff'),
        ),
        migrations.AddField(
            model_name='ownaccordcharge',
            name='annulment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='charges', to='records.ownaccordannulment'),
        ),
        migrations.AddField(
            model_name='ownaccordcharge',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='own_accord', to='records.charge'),
        ),
        migrations.AddConstraint(
            model_name='ownaccordannulment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_by', models.F('proposed_by')), _negated=True), ('count', 1), ('state', 'withdrawn'), _connector='OR'), name='own_accord_takes_two'),
        ),
        migrations.AddConstraint(
            model_name='ownaccordannulment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('count', 1), ('street', '')), models.Q(('since__isnull', False), ('until__isnull', False)), _connector='OR'), name='own_accord_is_about_a_time'),
        ),
        migrations.AddConstraint(
            model_name='ownaccordcharge',
            constraint=models.UniqueConstraint(fields=('annulment', 'charge'), name='own_accord_charge_once'),
        ),
    ]
