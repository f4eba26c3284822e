"""One mandatory rule over what check() added to the note's inputs."""

import pulumi_policy as policy


def no_rumours(arguments: policy.ResourceValidationArgs, report: policy.ReportViolation) -> None:
    if arguments.resource_type.endswith(":Note") and "rumour" in arguments.props["calls"][0]:
        report(f"would send {arguments.props['calls'][0]}")


rule = policy.ResourceValidationPolicy("no-rumours", "No rumours.", no_rumours, policy.EnforcementLevel.MANDATORY)
policy.PolicyPack("notes", [rule])
