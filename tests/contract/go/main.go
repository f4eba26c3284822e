// Microsoft's Go clients (azidentity, and the Graph SDK's core), set up as for any cloud that is not the global one, do
// what an administrator does. Prints one JSON object: what each step came to, or its error as the client reports it.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	jsonserialization "github.com/microsoft/kiota-serialization-json-go"
	msgraph "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go-core/authentication"
)

var (
	root   = os.Getenv("ROOT")
	ctx    = context.Background()
	mapped = abstractions.ErrorMappings{"XXX": newODataError, "4XX": newODataError, "5XX": newODataError}
)

type result = map[string]any

func credential(id, secret string) azcore.TokenCredential {
	options := azidentity.ClientSecretCredentialOptions{DisableInstanceDiscovery: true}
	options.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: root}
	made, err := azidentity.NewClientSecretCredential(os.Getenv("TENANT_ID"), id, secret, &options)
	must(err)
	return made
}

func graph(id, secret string) *msgraph.GraphRequestAdapterBase {
	provider, err := authentication.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(
		credential(id, secret), []string{root + "/.default"}, []string{strings.TrimPrefix(root, "https://"), "localhost"})
	must(err)
	adapter, err := msgraph.NewGraphRequestAdapterBase(provider, msgraph.GraphClientOptions{GraphServiceVersion: "v1.0"})
	must(err)
	adapter.SetBaseUrl(root + "/v1.0")
	return adapter
}

func request(method abstractions.HttpMethod, path string, body any) *abstractions.RequestInformation {
	made := abstractions.NewRequestInformation()
	made.Method = method
	made.UrlTemplate = "{+baseurl}" + path
	made.PathParameters["baseurl"] = root + "/v1.0"
	made.Headers.Add("Accept", "application/json")
	if body != nil {
		content, err := json.Marshal(body)
		must(err)
		made.SetStreamContentAndContentType(content, "application/json")
	}
	return made
}

// ask sends a request and gives its answer as plain values.
func ask(adapter *msgraph.GraphRequestAdapterBase, method abstractions.HttpMethod, path string, body any) (result, error) {
	answer, err := adapter.Send(ctx, request(method, path, body), serialization.CreateUntypedNodeFromDiscriminatorValue, mapped)
	if err != nil || answer == nil {
		return nil, err
	}
	text, err := serialization.SerializeToJson(answer)
	if err != nil {
		return nil, err
	}
	found := result{}
	return found, json.Unmarshal(text, &found)
}

func values(answer result) []result {
	found := []result{}
	for _, item := range answer["value"].([]any) {
		found = append(found, item.(map[string]any))
	}
	return found
}

func column(items []result, name string) []any {
	found := []any{}
	for _, item := range items {
		found = append(found, item[name])
	}
	return found
}

func token(client azcore.TokenCredential) (any, error) {
	got, err := client.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{root + "/.default"}})
	if err != nil {
		return nil, err
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(got.Token, ".")[1])
	if err != nil {
		return nil, err
	}
	claims := result{}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, err
	}
	return result{
		"tid": claims["tid"], "appid": claims["appid"], "aud": claims["aud"], "roles": len(claims["roles"].([]any)),
		"expires": got.ExpiresOn.Unix(),
	}, nil
}

func users(adapter *msgraph.GraphRequestAdapterBase) (any, error) {
	first, err := adapter.Send(ctx, request(abstractions.GET, "/users?$select=id,displayName&$top=40", nil), newPeople, mapped)
	if err != nil {
		return nil, err
	}
	iterator, err := msgraph.NewPageIterator[*person](first, adapter, newPeople)
	if err != nil {
		return nil, err
	}
	ids := []string{}
	err = iterator.Iterate(ctx, func(one *person) bool {
		ids = append(ids, *one.id)
		return true
	})
	return result{"ids": ids, "onFirstPage": len(first.(*people).value)}, err
}

func group(adapter *msgraph.GraphRequestAdapterBase) (any, error) {
	made, err := ask(adapter, abstractions.POST, "/groups", result{
		"displayName": "From Go", "mailEnabled": false, "mailNickname": "fromgo", "securityEnabled": true,
	})
	if err != nil {
		return nil, err
	}
	someone, err := ask(adapter, abstractions.GET, "/users?$top=1", nil)
	if err != nil {
		return nil, err
	}
	path, user := fmt.Sprintf("/groups/%s", made["id"]), values(someone)[0]["id"]
	reference := result{"@odata.id": fmt.Sprintf("%s/v1.0/directoryObjects/%s", root, user)}
	if err := adapter.SendNoContent(ctx, request(abstractions.POST, path+"/members/$ref", reference), mapped); err != nil {
		return nil, err
	}
	members, err := ask(adapter, abstractions.GET, path+"/members", nil)
	if err != nil {
		return nil, err
	}
	change := request(abstractions.PATCH, path, result{"description": "made by a client"})
	if err := adapter.SendNoContent(ctx, change, mapped); err != nil {
		return nil, err
	}
	changed, err := ask(adapter, abstractions.GET, path+"?$select=description", nil)
	if err != nil {
		return nil, err
	}
	err = adapter.SendNoContent(ctx, request(abstractions.DELETE, path, nil), mapped)
	return result{"added": user, "members": column(values(members), "id"), "description": changed["description"]}, err
}

func partner(adapter *msgraph.GraphRequestAdapterBase) (any, error) {
	path := "/policies/crossTenantAccessPolicy/partners"
	one, err := ask(adapter, abstractions.GET, path+"/"+os.Getenv("PARTNER_ID"), nil)
	if err != nil {
		return nil, err
	}
	all, err := ask(adapter, abstractions.GET, path, nil)
	if err != nil {
		return nil, err
	}
	return result{"consent": one["automaticUserConsentSettings"], "partners": column(values(all), "tenantId")}, nil
}

func batch(adapter *msgraph.GraphRequestAdapterBase) (any, error) {
	content := msgraph.NewBatchRequest(adapter)
	steps := map[string]msgraph.BatchItem{}
	for _, step := range [][2]string{{"1", "/organization?$select=id,displayName"}, {"2", "/users/unknown"}, {"3", "/groups?$top=1"}} {
		item, err := content.AddBatchRequestStep(*request(abstractions.GET, step[1], nil))
		if err != nil {
			return nil, err
		}
		steps[step[0]] = item
	}
	steps["2"].DependsOnItem(steps["1"])
	steps["3"].DependsOnItem(steps["2"])
	answers, err := content.Send(ctx, adapter)
	if err != nil {
		return nil, err
	}
	statuses := result{}
	for name, item := range steps {
		statuses[name] = *answers.GetResponseById(*item.GetId()).GetStatus()
	}
	organization, err := msgraph.GetBatchResponseById[*people](answers, *steps["1"].GetId(), newPeople)
	if err != nil {
		return nil, err
	}
	_, failure := msgraph.GetBatchResponseById[*person](answers, *steps["2"].GetId(), newPerson)
	return result{"statuses": statuses, "organization": *organization.value[0].id, "failure": described(failure)}, nil
}

func described(err error) result {
	var graphError *odataError
	if errors.As(err, &graphError) {
		inner := graphError.main.inner
		return result{
			"kind": "odataError", "statusCode": graphError.GetStatusCode(), "code": *graphError.main.code,
			"message": *graphError.main.message, "requestId": *inner.requestID, "date": *inner.date,
		}
	}
	return result{"kind": fmt.Sprintf("%T", err), "message": err.Error()}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	abstractions.RegisterDefaultSerializer(func() serialization.SerializationWriterFactory {
		return jsonserialization.NewJsonSerializationWriterFactory()
	})
	abstractions.RegisterDefaultDeserializer(func() serialization.ParseNodeFactory {
		return jsonserialization.NewJsonParseNodeFactory()
	})
	must(msgraph.RegisterError(msgraph.BatchRequestErrorRegistryKey, mapped))
	id, secret := os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET")
	client, reader := graph(id, secret), graph(os.Getenv("READER_ID"), os.Getenv("READER_SECRET"))
	get := func(adapter *msgraph.GraphRequestAdapterBase, path string) func() (any, error) {
		return func() (any, error) { return ask(adapter, abstractions.GET, path, nil) }
	}
	steps := []struct {
		name string
		run  func() (any, error)
	}{
		{"token", func() (any, error) { return token(credential(id, secret)) }},
		{"wrongSecret", func() (any, error) { return token(credential(id, "wrong")) }},
		{"users", func() (any, error) { return users(client) }},
		{"group", func() (any, error) { return group(client) }},
		{"partner", func() (any, error) { return partner(client) }},
		{"batch", func() (any, error) { return batch(client) }},
		{"missing", get(client, "/users/11111111-2222-4333-8444-555555555555")},
		{"forbidden", func() (any, error) {
			return ask(reader, abstractions.POST, "/groups", result{
				"displayName": "No", "mailEnabled": false, "mailNickname": "no", "securityEnabled": true,
			})
		}},
		{"allowed", get(reader, "/users?$top=1&$select=id")},
		{"invalid", get(client, "/users?$filter=color%20eq%20'red'")},
		{"throttled", get(client, "/organization")},
		{"terraform", func() (any, error) { return terraform(id, secret) }},
	}
	results := result{}
	for _, step := range steps {
		value, err := step.run()
		if err != nil {
			value = result{"error": described(err)}
		}
		results[step.name] = value
	}
	must(json.NewEncoder(os.Stdout).Encode(results))
}
