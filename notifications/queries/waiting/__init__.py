"""What waits for a person: requests, reviews, blocks, alerts, mentions and questions."""
