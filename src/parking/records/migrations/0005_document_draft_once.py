"""The same file can be handed in again; only as a draft there is one of it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0004_forgetting'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='document',
            name='document_once',
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'draft')), fields=('application', 'kind', 'sha256'), name='document_draft_once'),
        ),
    ]
