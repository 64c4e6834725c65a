"""Full-text search over products: shards of Tantivy, written apart and read together."""
