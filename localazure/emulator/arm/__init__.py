"""Resource Manager: the calls of Microsoft.Storage and Microsoft.Web that a registry needs.

`urls` names the paths, `responses` turn wire into Python and back, `models` hold state and behaviour,
`errors` are the cloud's own codes and messages.
"""
