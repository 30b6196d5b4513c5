"""Emulates the parts of Azure that Azurite does not: Resource Manager, managed identity, Azure Files."""
