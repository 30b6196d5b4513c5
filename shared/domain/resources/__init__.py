"""Azure's resources of a registry, as data: what there is to be, what is there, and what is sent."""
