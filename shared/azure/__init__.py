"""The only modules that import azure.mgmt, azure.storage, azure.data or azure.identity: adapters of the ports."""
