from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('facts', '0001_initial'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='import',
            name='reopened_days',
        ),
    ]
