"""What everybody is told."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0002_case'),
    ]

    operations = [
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('danish', models.CharField(max_length=500)),
                ('english', models.CharField(max_length=500)),
                ('severity', models.CharField(choices=[('info', 'Info'), ('warning', 'Warning')], default='warning', max_length=8)),
                ('pages', models.JSONField(default=list)),
                ('begins', models.DateTimeField()),
                ('ends', models.DateTimeField(null=True)),
                ('written', models.DateTimeField()),
            ],
            options={
                'db_table': 'announcement',
                'ordering': ['-begins'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends', None), ('ends__gte', models.F('begins')), _connector='OR'), name='announcement_begins_first')],
            },
        ),
    ]
