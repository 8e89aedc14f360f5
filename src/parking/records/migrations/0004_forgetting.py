"""What was written once is never changed, and is removed only when it is old."""

from django.db import migrations

#: Each table with the column that says when a row was written, and the age from which it may go:
#: a little less than the shortest time of law/retention.py, which counts in Danish days.
AGES = {
    "decision": ("decided", "27 days"),
    "look_up": ("at", "11 months"),
    "case_step": ("at", "23 months"),
    "supplied": ("at", "23 months"),
}

FUNCTION = """
CREATE OR REPLACE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        AND current_setting('parking.forgetting', true) = 'on'
        AND (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz < now() - TG_ARGV[1]::interval
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is written once', TG_TABLE_NAME;
END $$;
"""
FUNCTION_BEFORE = """
CREATE OR REPLACE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once', TG_TABLE_NAME;
END $$;
"""


def trigger(table, arguments=""):
    return f"""
DROP TRIGGER {table}_written_once ON {table};
CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION written_once({arguments});
"""


class Migration(migrations.Migration):

    dependencies = [
        ("records", "0003_announcement"),
    ]

    operations = [
        migrations.RunSQL(
            FUNCTION + "".join(trigger(table, f"'{at}', '{age}'") for table, (at, age) in AGES.items()),
            "".join(trigger(table) for table in AGES) + FUNCTION_BEFORE,
        ),
    ]
