"""A local Azure Functions host for Python apps of the v2 programming model.

Microsoft's own worker library (`azure-functions-runtime`) indexes and runs the functions; this package is the
host around it: HTTP routes and keys, queue polling and poison queues, timers, the admin endpoints. Where it
can, it behaves as the real host does (https://github.com/Azure/azure-functions-host). Start it with
`python -m localazure.functions_host --app-dir DIR --state DIR --port N --keys FILE`.
"""
