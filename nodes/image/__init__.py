"""Pictures made by services on the network that speak the OpenAI images API."""
