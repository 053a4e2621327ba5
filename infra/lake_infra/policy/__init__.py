"""Who may do what on which resource, answered from the text of a CloudFormation template: no AWS, no CDK.

`template.read_policies` reads a template, `evaluate.decide` answers one request. What is not known (an operator, an
intrinsic, a kind of resource) is an error: nothing is ever allowed because it was not understood.
"""
