"""What was granted beyond the usual number of permits is the party's, and outlives one application."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0006_one_unfinished'),
    ]

    operations = [
        migrations.AddField(
            model_name='party',
            name='extra_permits',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='party',
            name='extra_permits_until',
            field=models.DateField(null=True),
        ),
        # A grant belonged to the application it was asked for with; the newest is the party's now.
        migrations.RunSQL(
            """
            UPDATE party SET extra_permits = granted.value::int, extra_permits_until = granted.until
            FROM (
                SELECT DISTINCT ON ("case".party_id) "case".party_id, supplied.value,
                    supplied.valid_until AS until
                FROM supplied JOIN "case" ON "case".id = supplied.case_id
                WHERE supplied.fact = 'extra_permits' AND supplied.value <> '0'
                ORDER BY "case".party_id, supplied.id DESC
            ) AS granted
            WHERE granted.party_id = party.id
            """,
            migrations.RunSQL.noop,
        ),
    ]
