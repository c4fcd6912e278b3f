"""Words by language models: an idea becomes an outline and a screenplay, and people are helped while they write."""
