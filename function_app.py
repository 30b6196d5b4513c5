"""The table of contents: every function of the app. Importing it reads no setting and opens no connection."""

import azure.functions as func

from shared.triggers import (
    audit,
    chatops,
    documentation,
    health,
    notifications,
    operations,
    people,
    queues,
    registries,
    reports,
    reveal,
    status,
    timers,
    users,
    whoami,
)

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

for _blueprint in (
    registries.bp,
    users.bp,
    people.bp,
    operations.bp,
    health.bp,
    audit.bp,
    reports.bp,
    status.bp,
    reveal.bp,
    chatops.bp,
    whoami.bp,
    documentation.bp,
    queues.bp,
    notifications.bp,
    timers.bp,
):
    app.register_functions(_blueprint)
