"""Imports: what was brought in, when, by whom, and whether it counts."""

from __future__ import annotations

from django.db import models


class Import(models.Model):
    """One load of facts. Its rows count from `completed_at` until `undone_at`.

    `received_at` is strictly increasing over imports, so that (received_at, seq) orders all rows.
    `files` lists what was read and how; `counts` holds, per fact, new, states, corrections, ends,
    repeats and quarantined rows.
    """

    class Status(models.TextChoices):
        RUNNING = "running"
        COMPLETE = "complete"
        FAILED = "failed"
        UNDONE = "undone"

    id = models.CharField(primary_key=True, max_length=40)
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    kind = models.CharField(max_length=20, default="import")
    replays = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replayed_by")
    actor = models.CharField(max_length=150)
    received_at = models.DateTimeField(unique=True)
    completed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=150, blank=True)
    files = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-received_at"]
        indexes = [models.Index(fields=["status"])]

    def __str__(self) -> str:
        return self.id


class Replayed(models.Model):
    """A quarantined row that a person corrected and loaded again."""

    import_of_row = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="corrected_rows")
    file = models.CharField(max_length=400)
    seq = models.BigIntegerField()
    replay = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["import_of_row", "file", "seq"], name="a_row_is_replayed_once")]

    def __str__(self) -> str:
        return f"{self.import_of_row_id} {self.file} row {self.seq}"


class Roll(models.Model):
    """One journey of the roller: what it claimed from the inbox, brought to the lake as one import.

    Its number goes into the Delta log with each append, so that an overtaken roller writes nothing.
    """

    number = models.BigAutoField(primary_key=True)
    record = models.OneToOneField(Import, on_delete=models.PROTECT, related_name="roll")

    def __str__(self) -> str:
        return f"roll {self.number}"


class Inbox(models.Model):
    """One batch as it came by HTTP, until its facts are in the lake.

    `kind` says which source reads it, `call` how it was sent. A batch is free while no roll claims it, or
    one that failed; ids commit out of order, so nothing may ask for those above the last.
    """

    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=100)
    call = models.CharField(max_length=20)
    received_at = models.DateTimeField()
    body = models.BinaryField()
    size = models.IntegerField()
    roll = models.ForeignKey(Roll, null=True, on_delete=models.SET_NULL, related_name="batches")

    class Meta:
        verbose_name_plural = "inbox"

    def __str__(self) -> str:
        return f"{self.kind} {self.id} of {self.source}"


class FieldRead(models.Model):
    """A reader read a field ("fact.column") on a day, so that what nobody reads is seen, also as of a day."""

    field = models.CharField(max_length=200)
    reader = models.CharField(max_length=100)
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["field", "reader", "day"], name="a_read_is_noted_once_a_day")]

    def __str__(self) -> str:
        return f"{self.reader} read {self.field} on {self.day}"


class Stopped(models.Model):
    """A column of a fact that is not stored any more, from `decided_at` until `undone_at`: what comes leaves it out."""

    fact = models.CharField(max_length=20)
    column = models.CharField(max_length=200)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["decided_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["fact", "column"], condition=models.Q(undone_at=None), name="a_column_is_stopped_once"
            )
        ]
        verbose_name_plural = "stopped"

    def __str__(self) -> str:
        return f"{self.fact}.{self.column} is not collected"
