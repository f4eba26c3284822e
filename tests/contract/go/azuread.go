package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/go-azure-sdk/sdk/client"
	"github.com/hashicorp/go-azure-sdk/sdk/client/msgraph"
	"github.com/hashicorp/go-azure-sdk/sdk/odata"
)

// azuread sends what the resources of Terraform's azuread provider send, in their order, by the library below it.
type azuread struct {
	stable, beta *msgraph.Client
}

// Reads that have to agree before the provider goes on, and how long it may take; it waits five seconds in between.
const (
	agreeing = 5
	patience = 20 * time.Second
)

// send gives the body and status of a request; other statuses than these are errors.
func (a azuread) send(
	service *msgraph.Client, method, path string, query odata.Query, body any, statuses ...int,
) (result, int, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := service.NewRequest(ctx, client.RequestOptions{
		ContentType: "application/json; charset=utf-8", ExpectedStatusCodes: statuses, HttpMethod: method, Path: path,
		OptionsObject: options{query},
	})
	if err != nil {
		return nil, 0, err
	}
	if body != nil {
		if err := request.Marshal(body); err != nil {
			return nil, 0, err
		}
	}
	answer, err := request.Execute(ctx)
	if err != nil {
		status := 0
		if answer != nil && answer.Response != nil {
			status = answer.StatusCode
		}
		return nil, status, fmt.Errorf("%s %s: %w", method, path, err)
	}
	found := result{}
	if answer.StatusCode != http.StatusNoContent && answer.StatusCode != http.StatusAccepted {
		err = answer.Unmarshal(&found)
	}
	return found, answer.StatusCode, err
}

func (a azuread) get(path string) (result, error) {
	return a.ask(a.stable, path, odata.Query{})
}

func (a azuread) ask(service *msgraph.Client, path string, query odata.Query) (result, error) {
	found, _, err := a.send(service, http.MethodGet, path, query, nil, http.StatusOK)
	return found, err
}

func (a azuread) post(path string, body any) (result, error) {
	found, _, err := a.send(
		a.stable, http.MethodPost, path, odata.Query{}, body, http.StatusOK, http.StatusCreated, http.StatusNoContent)
	return found, err
}

func (a azuread) write(method, path string, body any) error {
	_, _, err := a.send(
		a.stable, method, path, odata.Query{}, body, http.StatusNoContent, http.StatusOK, http.StatusCreated)
	return err
}

// settled reads until the answer is as wanted several times in a row.
func (a azuread) settled(path string, wanted func(result) bool) (result, error) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		for number := 1; ; number++ {
			found, status, err := a.send(a.stable, http.MethodGet, path, odata.Query{}, nil, http.StatusOK)
			if err != nil && status != http.StatusNotFound {
				return nil, err
			}
			if err != nil || !wanted(found) {
				break
			}
			if number == agreeing {
				return found, nil
			}
		}
	}
	return nil, fmt.Errorf("%s did not become as wanted", path)
}

// gone reads until the object is not found several times in a row.
func (a azuread) gone(path string) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		for number := 1; ; number++ {
			_, status, err := a.send(a.stable, http.MethodGet, path, odata.Query{}, nil, http.StatusOK)
			if err == nil {
				break
			}
			if status != http.StatusNotFound {
				return err
			}
			if number == agreeing {
				return nil
			}
		}
	}
	return fmt.Errorf("%s is still there", path)
}

func with(name string, value any) func(result) bool {
	return func(found result) bool { return found[name] == value }
}

func there(result) bool { return true }

// live creates an object, reads it back, changes a property, imports it and deletes it.
func (a azuread) live(collection string, body result, property string, value any) (any, error) {
	made, err := a.post(collection, body)
	if err != nil {
		return nil, err
	}
	path := fmt.Sprintf("%s/%s", collection, made["id"])
	created, err := a.settled(path, there)
	if err != nil {
		return nil, err
	}
	// The provider sends the object's own id along.
	if err := a.write(http.MethodPatch, path, result{"id": made["id"], property: value}); err != nil {
		return nil, err
	}
	updated, err := a.settled(path, with(property, value))
	if err != nil {
		return nil, err
	}
	imported, err := a.get(path)
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodDelete, path, nil); err != nil {
		return nil, err
	}
	same := imported["id"] == created["id"]
	return result{"created": created[property], "updated": updated[property], "imported": same}, a.gone(path)
}

func (a azuread) owner() (string, error) {
	users, err := a.get("/users")
	if err != nil {
		return "", err
	}
	return fmt.Sprint(values(users)[0]["id"]), nil
}

func (a azuread) bound(id string) []string {
	return []string{fmt.Sprintf("%s/v1.0/directoryObjects/%s", root, id)}
}

func (a azuread) application() (any, error) {
	owner, err := a.owner()
	if err != nil {
		return nil, err
	}
	return a.live("/applications", result{
		"displayName": "TERRAFORM_UPDATE_1", "signInAudience": "AzureADMyOrg", "owners@odata.bind": a.bound(owner),
		"api": result{"requestedAccessTokenVersion": 2},
	}, "displayName", "acceptance")
}

// principal makes a service principal as azuread_service_principal does, with its password and certificate.
func (a azuread) principal() (any, error) {
	app, err := a.post("/applications", result{"displayName": "Principal", "web": result{"homePageUrl": "https://a.example"}})
	if err != nil {
		return nil, err
	}
	made, err := a.post("/servicePrincipals", result{"appId": app["appId"], "tags": []string{"terraform"}})
	if err != nil {
		return nil, err
	}
	path := fmt.Sprintf("/servicePrincipals/%s", made["id"])
	created, err := a.settled(path, there)
	if err != nil {
		return nil, err
	}
	beta, err := a.ask(a.beta, path, odata.Query{Select: []string{"samlMetadataUrl"}})
	if err != nil {
		return nil, err
	}
	_, metadata := beta["samlMetadataUrl"]
	if _, err := a.get(path + "/owners"); err != nil {
		return nil, err
	}
	password, err := a.post(path+"/addPassword", result{"passwordCredential": result{"displayName": "rotated"}})
	if err != nil {
		return nil, err
	}
	listed, err := a.settled(path, func(found result) bool { return len(found["passwordCredentials"].([]any)) == 1 })
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodPost, path+"/removePassword", result{"keyId": password["keyId"]}); err != nil {
		return nil, err
	}
	signing := result{"displayName": "CN=example.com", "endDateTime": "2027-12-01T01:02:03Z"}
	certificate, err := a.post(path+"/addTokenSigningCertificate", signing)
	if err != nil {
		return nil, err
	}
	keyed, err := a.settled(path, func(found result) bool { return len(found["keyCredentials"].([]any)) == 2 })
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodPatch, path, result{"notes": "changed"}); err != nil {
		return nil, err
	}
	changed, err := a.settled(path, with("notes", "changed"))
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodDelete, path, nil); err != nil {
		return nil, err
	}
	usages := column(objects(keyed["keyCredentials"]), "usage")
	return result{
		"homepage": created["homepage"], "password": listed["passwordCredentials"].([]any)[0].(result)["keyId"] == password["keyId"],
		"thumbprint": certificate["thumbprint"] != nil, "metadata": metadata, "usages": usages, "tags": changed["tags"],
	}, a.gone(path)
}

// objects are the items of a list among the properties of an object.
func objects(items any) []result {
	return values(result{"value": items})
}

// template instantiates a gallery template that is found by its name.
func (a azuread) template(name string) (result, error) {
	found, err := a.ask(a.stable, "/applicationTemplates", odata.Query{Filter: "displayName eq '" + name + "'"})
	if err != nil {
		return nil, err
	}
	one := values(found)[0]
	made, err := a.post(fmt.Sprintf("/applicationTemplates/%s/instantiate", one["id"]), result{"displayName": "Made from " + name})
	if err != nil {
		return nil, err
	}
	path := fmt.Sprintf("/servicePrincipals/%s", made["servicePrincipal"].(result)["id"])
	_, err = a.settled(path, there)
	return made, err
}

// job makes, starts, pauses and deletes a job before any secret is saved, as the provider's documentation has it.
func (a azuread) job() (any, error) {
	made, err := a.template("Azure Databricks SCIM Provisioning Connector")
	if err != nil {
		return nil, err
	}
	jobs := fmt.Sprintf("/servicePrincipals/%s/synchronization/jobs", made["servicePrincipal"].(result)["id"])
	job, err := a.post(jobs, result{"templateId": "dataBricks"})
	if err != nil {
		return nil, err
	}
	path := fmt.Sprintf("%s/%s", jobs, job["id"])
	if _, err := a.settled(path, there); err != nil {
		return nil, err
	}
	if err := a.write(http.MethodPost, path+"/start", nil); err != nil {
		return nil, err
	}
	started, err := a.get(path)
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodPost, path+"/pause", nil); err != nil {
		return nil, err
	}
	paused, err := a.get(path)
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodDelete, path, nil); err != nil {
		return nil, err
	}
	state := func(found result) any { return found["schedule"].(result)["state"] }
	return result{"template": started["templateId"], "started": state(started), "paused": state(paused)}, a.gone(path)
}

// secret saves two secrets, changes one, and blanks both until none of them is listed.
func (a azuread) secret() (any, error) {
	made, err := a.template("Azure Databricks SCIM Provisioning Connector")
	if err != nil {
		return nil, err
	}
	path := fmt.Sprintf("/servicePrincipals/%s/synchronization/secrets", made["servicePrincipal"].(result)["id"])
	counts := []int{}
	for _, pair := range [][2]string{{"https://a.example", "token"}, {"https://b.example", "token"}, {"", ""}} {
		pairs := []result{{"key": "BaseAddress", "value": pair[0]}, {"key": "SecretToken", "value": pair[1]}}
		if err := a.write(http.MethodPut, path, result{"value": pairs}); err != nil {
			return nil, err
		}
		wanted := 2
		if pair[0] == "" {
			wanted = 0
		}
		found, err := a.settled(path, func(found result) bool { return len(values(found)) == wanted })
		if err != nil {
			return nil, err
		}
		counts = append(counts, len(values(found)))
	}
	return result{"listed": counts}, nil
}

// assignment assigns a group to an application's role, finds it in the list of the resource, and deletes it.
func (a azuread) assignment() (any, error) {
	made, err := a.template("Cross-tenant synchronization")
	if err != nil {
		return nil, err
	}
	groups, err := a.get("/groups")
	if err != nil {
		return nil, err
	}
	principal := made["servicePrincipal"].(result)
	path := fmt.Sprintf("/servicePrincipals/%s/appRoleAssignedTo", principal["id"])
	role := objects(principal["appRoles"])[0]["id"]
	body := result{"appRoleId": role, "principalId": values(groups)[0]["id"], "resourceId": principal["id"]}
	assigned, err := a.post(path, body)
	if err != nil {
		return nil, err
	}
	holds := func(found result) bool { return len(values(found)) == 1 && values(found)[0]["id"] == assigned["id"] }
	listed, err := a.settled(path, holds)
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodDelete, fmt.Sprintf("%s/%s", path, assigned["id"]), nil); err != nil {
		return nil, err
	}
	_, err = a.settled(path, func(found result) bool { return len(values(found)) == 0 })
	return result{"type": values(listed)[0]["principalType"], "role": values(listed)[0]["appRoleId"] == role}, err
}

// group makes a group with an owner, and adds and removes a member.
func (a azuread) group() (any, error) {
	owner, err := a.owner()
	if err != nil {
		return nil, err
	}
	body := result{
		"displayName": "Terraform", "mailEnabled": false, "mailNickname": "terraform", "securityEnabled": true,
		"owners@odata.bind": a.bound(owner),
	}
	made, err := a.post("/groups", body)
	if err != nil {
		return nil, err
	}
	path := fmt.Sprintf("/groups/%s", made["id"])
	if _, err := a.settled(path, there); err != nil {
		return nil, err
	}
	if err := a.write(http.MethodPost, path+"/members/$ref", result{"@odata.id": a.bound(owner)[0]}); err != nil {
		return nil, err
	}
	members, err := a.settled(path+"/members", func(found result) bool { return len(values(found)) == 1 })
	if err != nil {
		return nil, err
	}
	owners, err := a.get(path + "/owners")
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodPatch, path, result{"id": made["id"], "description": "changed"}); err != nil {
		return nil, err
	}
	if _, err := a.settled(path, with("description", "changed")); err != nil {
		return nil, err
	}
	if err := a.write(http.MethodDelete, fmt.Sprintf("%s/members/%s/$ref", path, owner), nil); err != nil {
		return nil, err
	}
	if err := a.write(http.MethodDelete, path, nil); err != nil {
		return nil, err
	}
	found := result{"members": column(values(members), "id"), "owners": column(values(owners), "id"), "owner": owner}
	return found, a.gone(path)
}

// user makes a user in the tenant's initial domain, which is looked up by the domains.
func (a azuread) user() (any, error) {
	domains, err := a.get("/domains")
	if err != nil {
		return nil, err
	}
	domain := ""
	for _, each := range values(domains) {
		if each["isInitial"] == true {
			domain = fmt.Sprint(each["id"])
		}
	}
	return a.live("/users", result{
		"accountEnabled": true, "displayName": "Terraform", "mailNickname": "terraform",
		"userPrincipalName": "terraform@" + domain,
		"passwordProfile":   result{"forceChangePasswordNextSignIn": false, "password": "Pa55-word-7"},
	}, "jobTitle", "Tester")
}

// invitation invites a guest, who is deleted as a user.
func (a azuread) invitation() (any, error) {
	made, err := a.post("/invitations", result{
		"invitedUserEmailAddress": "guest@terraform.example", "inviteRedirectUrl": "https://portal.azure.com",
		"sendInvitationMessage": false,
	})
	if err != nil {
		return nil, err
	}
	path := fmt.Sprintf("/users/%s", made["invitedUser"].(result)["id"])
	if _, err := a.settled(path, there); err != nil {
		return nil, err
	}
	found, err := a.ask(a.stable, path, odata.Query{Select: []string{"userType", "externalUserState"}})
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodDelete, path, nil); err != nil {
		return nil, err
	}
	return result{"type": found["userType"], "state": found["externalUserState"]}, a.gone(path)
}

// delegated grants, changes and deletes delegated permissions on Microsoft Graph that its service principal publishes.
func (a azuread) delegated() (any, error) {
	graph, err := a.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
	if err != nil {
		return nil, err
	}
	made, err := a.template("Cross-tenant synchronization")
	if err != nil {
		return nil, err
	}
	grant, err := a.post("/oauth2PermissionGrants", result{
		"clientId": made["servicePrincipal"].(result)["id"], "consentType": "AllPrincipals", "resourceId": graph["id"],
		"scope": "openid User.Read",
	})
	if err != nil {
		return nil, err
	}
	path := fmt.Sprintf("/oauth2PermissionGrants/%s", grant["id"])
	if _, err := a.settled(path, there); err != nil {
		return nil, err
	}
	if err := a.write(http.MethodPatch, path, result{"scope": "openid User.Read email"}); err != nil {
		return nil, err
	}
	changed, err := a.settled(path, with("scope", "openid User.Read email"))
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodDelete, path, nil); err != nil {
		return nil, err
	}
	scopes := column(objects(graph["oauth2PermissionScopes"]), "value")
	return result{"scope": changed["scope"], "published": scopes}, a.gone(path)
}

// resources tries each resource of the provider.
func (a azuread) resources() result {
	found := result{}
	for name, life := range map[string]func() (any, error){
		"application": a.application, "servicePrincipal": a.principal, "job": a.job, "secret": a.secret,
		"assignment": a.assignment, "group": a.group, "user": a.user, "invitation": a.invitation,
		"delegated": a.delegated, "unit": a.unit, "unitMember": a.unitMember, "unitRole": a.unitRole,
		"groupInUnits": a.groupInUnits, "claims": a.claims,
	} {
		value, err := life()
		if err != nil {
			value = result{"error": err.Error()}
		}
		found[name] = value
	}
	return found
}
