"""Files of complaints may come in pieces; what a file was before it was made anew is known."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0019_consent_and_report'),
    ]

    operations = [
        migrations.AddField(
            model_name='complaintfile',
            name='came_as',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.CreateModel(
            name='ComplaintPiece',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mark', models.CharField(max_length=64)),
                ('original_name', models.CharField(max_length=150)),
                ('size', models.PositiveIntegerField()),
                ('offset', models.PositiveIntegerField()),
                ('content', models.BinaryField()),
                ('came', models.DateTimeField()),
                ('complaint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pieces', to='records.complaint')),
            ],
            options={
                'db_table': 'complaint_piece',
                'ordering': ['offset'],
                'constraints': [models.UniqueConstraint(fields=('complaint', 'mark', 'offset'), name='complaint_piece_once')],
            },
        ),
    ]
