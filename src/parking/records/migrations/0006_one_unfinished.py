"""A party has one unfinished application about each vehicle; of several the newest stays."""

from django.db import migrations, models

UNFINISHED = "('draft', 'waiting', 'in basket')"
OLDER = f"""
UPDATE application SET state = 'withdrawn', ask_again_at = NULL
WHERE state IN {UNFINISHED} AND EXISTS (
    SELECT FROM application AS newer
    WHERE newer.party_id = application.party_id AND newer.plate = application.plate
        AND newer.state IN {UNFINISHED}
        AND (newer.changed, newer.id) > (application.changed, application.id)
)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0005_document_draft_once'),
    ]

    operations = [
        migrations.RunSQL(OLDER, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('draft', 'waiting', 'in basket'))), fields=('party', 'plate'), name='application_one_unfinished'),
        ),
    ]
