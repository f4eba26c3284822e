// Command quickstart is the link of programs/quickstart_yaml in Go.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/pulumi-entra-sync/sdk/go/entra"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		settings := config.New(ctx, "")
		var groups []string
		settings.RequireObject("groups", &groups)
		var scope entra.PrincipalArray
		for _, group := range groups {
			scope = append(scope, entra.PrincipalArgs{Kind: entra.PrincipalKindGroup, Id: pulumi.String(group)})
		}
		link, err := entra.NewCrossCloudLink(ctx, "contoso-to-federal", &entra.CrossCloudLinkArgs{
			Source: tenant(settings, "contoso"),
			Target: tenant(settings, "federal"),
			Scope:  scope,
			Filters: entra.ScopingFilterArgs{Groups: entra.FilterGroupArray{entra.FilterGroupArgs{
				Name: pulumi.String("Filter 1"),
				Clauses: entra.ClauseArray{
					clause("country", "EQUALS", "US"),
					clause("employeeType", "IS NOT NULL"),
				},
			}}},
			Mappings: entra.AttributeMappingArray{
				entra.AttributeMappingArgs{
					Target: pulumi.String("displayName"),
					Source: pulumi.String(`Append([displayName], " (Contoso)")`),
				},
				entra.AttributeMappingArgs{Target: pulumi.String("telephoneNumber"), Apply: entra.ApplyNever},
			},
			Notify:            pulumi.StringArray{pulumi.String("identity-ops@contoso.com")},
			DeletionThreshold: pulumi.Int(50),
			Limits:            entra.LimitsArgs{MaxRemoved: pulumi.Int(25), MaxRemovedPercent: pulumi.Float64(10)},
		})
		if err != nil {
			return err
		}
		ctx.Export("job", link.JobId)
		return nil
	})
}

// tenant reads a tenant from the stack's configuration.
func tenant(settings *config.Config, name string) entra.TenantArgs {
	var given struct{ Name, TenantId, Cloud, GraphUrl, AuthorityUrl string }
	settings.RequireObject(name, &given)
	made := entra.TenantArgs{
		Name:     pulumi.String(given.Name),
		TenantId: pulumi.String(given.TenantId),
		Cloud:    entra.Cloud(given.Cloud),
	}
	if given.GraphUrl != "" {
		made.GraphUrl, made.AuthorityUrl = pulumi.String(given.GraphUrl), pulumi.String(given.AuthorityUrl)
	}
	return made
}

func clause(attribute, operator string, values ...string) entra.ClauseArgs {
	return entra.ClauseArgs{
		SourceOperandName: pulumi.String(attribute),
		OperatorName:      pulumi.String(operator),
		TargetOperand:     entra.OperandArgs{Values: pulumi.ToStringArray(values)},
	}
}
