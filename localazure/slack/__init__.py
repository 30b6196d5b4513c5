"""A double of Slack for the local Azure: it asks the app what people say, and takes what the app posts.

It is not Slack. It knows what the app needs of it: signed slash commands and presses of buttons, `response_url`, and
the methods `chat.postMessage` and `chat.update`, with the limits and errors that docs.slack.dev names.
"""
