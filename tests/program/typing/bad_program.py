"""A program of a user who mistypes: a type checker finds each line that says "wrong"."""

import pulumi

import entra_sync as entra

contoso = entra.Tenant("contoso", tenant_id="ca8118dd-67a6-4fa6-83b0-d0f5ebe24756", cloud=entra.Cloud.GLOBAL)

entra.AllowedCloudEndpoint("misspelled", tenant=contoso, clud="usgov")  # wrong
entra.AllowedCloudEndpoint("no such cloud", tenant=contoso, cloud="usgvo")  # wrong
entra.SynchronizationJob("no service principal", tenant=contoso)  # wrong
entra.ServicePrincipal("not a Boolean", tenant=contoso, display_name="To Federal", cross_cloud="yes")  # wrong
entra.CrossCloudLink("no target", source=contoso, scope=[])  # wrong
entra.CrossCloudLink("misspelled", source=contoso, target=contoso, scope=[], enabeld=True)  # wrong
entra.Access(access_type="alowed", targets=[])  # wrong
entra.InboundTrust(is_mfa_acepted=True)  # wrong
fine = entra.ServicePrincipal("fine", tenant=contoso, display_name="To Federal")
pulumi.export("state", fine.servicePrincipalId)  # wrong
