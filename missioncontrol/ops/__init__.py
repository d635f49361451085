"""What those who run the site look at: is it alive, is it ready, what does it do."""
