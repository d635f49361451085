"""What the OpenAPI document says of answers about agents; tests hold it and the answers together."""
