"""That a card is to pay further instalments is agreed to for one plan; what named none is none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0017_unread'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='chosencharge',
            name='remember',
        ),
        migrations.AddField(
            model_name='chosencharge',
            name='remember',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='chosen', to='records.plan'),
        ),
        migrations.AddConstraint(
            model_name='chosencharge',
            constraint=models.CheckConstraint(condition=models.Q(('remember', None), ('part_ore__isnull', False), _connector='OR'), name='chosen_charge_remembers_with_instalment'),
        ),
    ]
