"""The nouns of ECS: frozen, spelled as the API spells them, with no behaviour beyond arithmetic."""
