"""The functions, a blueprint for each concern: parse, call one service, answer.

Besides `function_app.py`, the only modules that import azure.functions.
"""
