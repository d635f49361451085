"""The thread of a task: messages, mentions, reviews, subscriptions, timeline."""
