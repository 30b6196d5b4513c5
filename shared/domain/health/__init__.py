"""What is known of how registries fare: codes, observations, states, history."""
