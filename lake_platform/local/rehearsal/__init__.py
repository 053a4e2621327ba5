"""AWS on loopback, for the rehearsal: servers that real clients talk to over sockets.

Product code knows nothing of it: it is given addresses, credentials and names by the environment, as on AWS.
"""
