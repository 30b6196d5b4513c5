"""The managed-identity endpoint of App Service: bearer tokens for what runs on this machine."""
