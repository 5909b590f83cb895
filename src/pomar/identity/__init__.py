"""Who is who: profiles become customers, people stand under organisations."""
