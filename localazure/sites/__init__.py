"""Sites: each is a real registry process, as App Service would run the container."""
