package main

import (
	"fmt"
	"net/http"

	"github.com/hashicorp/go-azure-sdk/sdk/odata"
)

const units = "/directory/administrativeUnits"

// reference is the body that adds an object to others.
func (a azuread) reference(id any) result {
	return result{"@odata.id": a.bound(fmt.Sprint(id))[0]}
}

// listing are the objects of a collection with an id.
func listing(id any) odata.Query {
	return odata.Query{Filter: fmt.Sprintf("id eq '%s'", id)}
}

// newUnit makes a unit as azuread_administrative_unit does: a name that is only for the moment shows that it is known.
func (a azuread) newUnit(name string) (string, error) {
	if _, err := a.ask(a.stable, units, odata.Query{Filter: fmt.Sprintf("displayName eq '%s'", name)}); err != nil {
		return "", err
	}
	made, err := a.post(units, result{"displayName": name, "visibility": "Public"})
	if err != nil {
		return "", err
	}
	path := fmt.Sprintf("%s/%s", units, made["id"])
	for _, each := range []string{"TERRAFORM_UPDATE_1", name} {
		if err := a.write(http.MethodPatch, path, result{"displayName": each}); err != nil {
			return "", err
		}
	}
	return path, nil
}

// endUnit deletes a unit by beta, as azuread does.
func (a azuread) endUnit(path string) error {
	older := path[len("/directory"):]
	if _, _, err := a.send(a.beta, http.MethodDelete, older, odata.Query{}, nil, http.StatusNoContent); err != nil {
		return err
	}
	return a.gone(path)
}

// unit makes a unit with a member, changes it, removes the member, and deletes the unit.
func (a azuread) unit() (any, error) {
	path, err := a.newUnit("Unit")
	if err != nil {
		return nil, err
	}
	owner, err := a.owner()
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodPost, path+"/members/$ref", a.reference(owner)); err != nil {
		return nil, err
	}
	created, err := a.get(path)
	if err != nil {
		return nil, err
	}
	members, err := a.get(path + "/members")
	if err != nil {
		return nil, err
	}
	changes := result{"description": "", "displayName": "Unit", "visibility": "HiddenMembership"}
	if err := a.write(http.MethodPatch, path, changes); err != nil {
		return nil, err
	}
	if err := a.write(http.MethodDelete, fmt.Sprintf("%s/members/%s/$ref", path, owner), nil); err != nil {
		return nil, err
	}
	imported, err := a.get(path)
	if err != nil {
		return nil, err
	}
	left, err := a.get(path + "/members")
	if err != nil {
		return nil, err
	}
	return result{
		"created": created["visibility"], "updated": imported["visibility"], "members": len(values(members)),
		"left": len(values(left)),
	}, a.endUnit(path)
}

// unitMember adds a member, which it finds by its id before and after, and removes it.
func (a azuread) unitMember() (any, error) {
	path, err := a.newUnit("Of one")
	if err != nil {
		return nil, err
	}
	owner, err := a.owner()
	if err != nil {
		return nil, err
	}
	counts := []int{}
	for _, step := range []func() error{
		func() error { return nil },
		func() error { return a.write(http.MethodPost, path+"/members/$ref", a.reference(owner)) },
		func() error { return a.write(http.MethodDelete, fmt.Sprintf("%s/members/%s/$ref", path, owner), nil) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
		found, err := a.ask(a.stable, path+"/members", listing(owner))
		if err != nil {
			return nil, err
		}
		counts = append(counts, len(values(found)))
	}
	return result{"found": counts}, a.endUnit(path)
}

// unitRole activates a role by its template, gives it to a user for a unit, reads that, and takes it away.
func (a azuread) unitRole() (any, error) {
	const template = "644ef478-e28f-4e28-b9dc-3fdde9aa0b1f"
	if _, err := a.get("/directoryRoleTemplates/" + template); err != nil {
		return nil, err
	}
	query := odata.Query{Filter: fmt.Sprintf("roleTemplateId eq '%s'", template)}
	before, err := a.ask(a.stable, "/directoryRoles", query)
	if err != nil {
		return nil, err
	}
	role, err := a.post("/directoryRoles", result{"roleTemplateId": template})
	if err != nil {
		return nil, err
	}
	path, err := a.newUnit("With an administrator")
	if err != nil {
		return nil, err
	}
	owner, err := a.owner()
	if err != nil {
		return nil, err
	}
	made, err := a.post(path+"/scopedRoleMembers", result{
		"administrativeUnitId": path[len(units)+1:], "roleId": role["id"], "roleMemberInfo": result{"id": owner},
	})
	if err != nil {
		return nil, err
	}
	held := fmt.Sprintf("%s/scopedRoleMembers/%s", path, made["id"])
	found, err := a.get(held)
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodDelete, held, nil); err != nil {
		return nil, err
	}
	if err := a.gone(held); err != nil {
		return nil, err
	}
	return result{
		"before": len(values(before)), "role": found["roleId"] == role["id"],
		"member": found["roleMemberInfo"].(result)["id"] == owner,
	}, a.endUnit(path)
}

// groupInUnits makes a group in one unit, adds it to another, and finds both among what the group is a member of.
func (a azuread) groupInUnits() (any, error) {
	one, err := a.newUnit("First")
	if err != nil {
		return nil, err
	}
	two, err := a.newUnit("Second")
	if err != nil {
		return nil, err
	}
	made, _, err := a.send(a.beta, http.MethodPost, one+"/members", odata.Query{}, result{
		"@odata.type": "#microsoft.graph.group", "displayName": "Inside", "mailEnabled": false, "mailNickname": "inside",
		"securityEnabled": true,
	}, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	reference := a.reference(made["id"])
	if _, _, err := a.send(
		a.beta, http.MethodPost, two+"/members/$ref", odata.Query{}, reference, http.StatusNoContent); err != nil {
		return nil, err
	}
	found, err := a.ask(a.beta, fmt.Sprintf("/groups/%s/memberOf", made["id"]), odata.Query{})
	if err != nil {
		return nil, err
	}
	return result{"type": made["@odata.type"], "units": column(values(found), "@odata.type")}, nil
}

// claims makes, changes, assigns and deletes a claims mapping policy.
func (a azuread) claims() (any, error) {
	const policies = "/policies/claimsMappingPolicies"
	definition := `{"ClaimsMappingPolicy":{"Version":1,"IncludeBasicClaimSet":"%s","ClaimsSchema":[]}}`
	body := result{"definition": []string{fmt.Sprintf(definition, "false")}, "displayName": "acceptance"}
	policy, err := a.post(policies, body)
	if err != nil {
		return nil, err
	}
	path := fmt.Sprintf("%s/%s", policies, policy["id"])
	body["definition"] = []string{fmt.Sprintf(definition, "true")}
	if err := a.write(http.MethodPatch, path, body); err != nil {
		return nil, err
	}
	changed, err := a.get(path)
	if err != nil {
		return nil, err
	}
	made, err := a.template("Cross-tenant synchronization")
	if err != nil {
		return nil, err
	}
	assigned := fmt.Sprintf("/servicePrincipals/%s/claimsMappingPolicies", made["servicePrincipal"].(result)["id"])
	if err := a.write(http.MethodPost, assigned+"/$ref", a.reference(policy["id"])); err != nil {
		return nil, err
	}
	listed, err := a.get(assigned)
	if err != nil {
		return nil, err
	}
	if err := a.write(http.MethodDelete, fmt.Sprintf("%s/%s/$ref", assigned, policy["id"]), nil); err != nil {
		return nil, err
	}
	if err := a.write(http.MethodDelete, path, nil); err != nil {
		return nil, err
	}
	return result{"definition": changed["definition"], "assigned": len(values(listed))}, a.gone(path)
}
