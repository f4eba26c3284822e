package main

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/go-azure-sdk/sdk/auth"
	"github.com/hashicorp/go-azure-sdk/sdk/client"
	"github.com/hashicorp/go-azure-sdk/sdk/client/msgraph"
	"github.com/hashicorp/go-azure-sdk/sdk/environments"
	"github.com/hashicorp/go-azure-sdk/sdk/odata"
)

// options are the query of a request, as the library's generated services have them.
type options struct{ odata.Query }

func (o options) ToHeaders() *client.Headers   { return nil }
func (o options) ToOData() *odata.Query        { return &o.Query }
func (o options) ToQuery() *client.QueryParams { return nil }

// terraform reads users by the library below Terraform's azuread provider, which is told nothing but the metadata host.
func terraform(id, secret string) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	environment, err := environments.FromEndpoint(ctx, root)
	if err != nil {
		return nil, err
	}
	service, err := msgraph.NewClient(environment.MicrosoftGraph, "users", msgraph.VersionOnePointZero)
	if err != nil {
		return nil, err
	}
	service.Authorizer, err = auth.NewAuthorizerFromCredentials(ctx, auth.Credentials{
		Environment: *environment, TenantID: os.Getenv("TENANT_ID"), ClientID: id, ClientSecret: secret,
		EnableAuthenticatingUsingClientSecret: true,
	}, environment.MicrosoftGraph)
	if err != nil {
		return nil, err
	}
	request, err := service.NewRequest(ctx, client.RequestOptions{
		ContentType: "application/json; charset=utf-8", ExpectedStatusCodes: []int{http.StatusOK}, HttpMethod: http.MethodGet,
		Path: "/users", OptionsObject: options{odata.Query{Select: []string{"id"}, Top: 40}},
	})
	if err != nil {
		return nil, err
	}
	answer, err := request.ExecutePaged(ctx)
	if err != nil {
		return nil, err
	}
	var page struct {
		Value []result `json:"value"`
	}
	if err := answer.Unmarshal(&page); err != nil {
		return nil, err
	}
	beta, err := msgraph.NewClient(environment.MicrosoftGraph, "beta", msgraph.VersionBeta)
	if err != nil {
		return nil, err
	}
	beta.Authorizer = service.Authorizer
	resources := azuread{stable: service, beta: beta}.resources()
	return result{"cloud": environment.Name, "users": column(page.Value, "id"), "resources": resources}, nil
}
