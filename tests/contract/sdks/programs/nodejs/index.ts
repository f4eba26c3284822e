import * as pulumi from "@pulumi/pulumi";
import * as entra from "./entra";

const config = new pulumi.Config();
const contoso = config.requireObject<entra.types.input.TenantArgs>("contoso");
const federal = config.requireObject<entra.types.input.TenantArgs>("federal");
const groups = config.requireObject<string[]>("groups");

const link = new entra.CrossCloudLink("contoso-to-federal", {
    source: contoso,
    target: federal,
    scope: groups.map(id => ({ kind: entra.PrincipalKind.Group, id })),
    filters: {
        groups: [{
            name: "Filter 1",
            clauses: [
                { sourceOperandName: "country", operatorName: "EQUALS", targetOperand: { values: ["US"] } },
                { sourceOperandName: "employeeType", operatorName: "IS NOT NULL", targetOperand: { values: [] } },
            ],
        }],
    },
    mappings: [
        { target: "displayName", source: 'Append([displayName], " (Contoso)")' },
        { target: "telephoneNumber", apply: entra.Apply.Never },
    ],
    notify: ["identity-ops@contoso.com"],
    deletionThreshold: 50,
    limits: { maxRemoved: 25, maxRemovedPercent: 10 },
});

export const job = link.jobId;
