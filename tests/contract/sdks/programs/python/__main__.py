import pulumi
import pulumi_entra as entra

config = pulumi.Config()
contoso = config.require_object("contoso")
federal = config.require_object("federal")
groups = config.require_object("groups")


def tenant(values: dict[str, str]) -> entra.TenantArgs:
    return entra.TenantArgs(
        name=values["name"],
        tenant_id=values["tenantId"],
        cloud=entra.Cloud(values["cloud"]),
        graph_url=values.get("graphUrl"),
        authority_url=values.get("authorityUrl"),
    )


link = entra.CrossCloudLink(
    "contoso-to-federal",
    source=tenant(contoso),
    target=tenant(federal),
    scope=[entra.PrincipalArgs(kind=entra.PrincipalKind.GROUP, id=group) for group in groups],
    filters=entra.ScopingFilterArgs(
        groups=[
            entra.FilterGroupArgs(
                name="Filter 1",
                clauses=[
                    entra.ClauseArgs(
                        source_operand_name="country",
                        operator_name="EQUALS",
                        target_operand=entra.OperandArgs(values=["US"]),
                    ),
                    entra.ClauseArgs(
                        source_operand_name="employeeType",
                        operator_name="IS NOT NULL",
                        target_operand=entra.OperandArgs(values=[]),
                    ),
                ],
            )
        ]
    ),
    mappings=[
        entra.AttributeMappingArgs(target="displayName", source='Append([displayName], " (Contoso)")'),
        entra.AttributeMappingArgs(target="telephoneNumber", apply=entra.Apply.NEVER),
    ],
    notify=["identity-ops@contoso.com"],
    deletion_threshold=50,
    limits=entra.LimitsArgs(max_removed=25, max_removed_percent=10),
)
pulumi.export("job", link.job_id)
