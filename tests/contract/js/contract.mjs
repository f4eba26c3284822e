// Microsoft's JavaScript clients, set up as for any cloud that is not the global one, do what an administrator does.
// Prints one JSON object: what each step came to, or its error as the client reports it.

import { ClientSecretCredential } from "@azure/identity";
import {
  BatchRequestContent, BatchResponseContent, Client, GraphError, PageIterator,
} from "@microsoft/microsoft-graph-client";
import {
  TokenCredentialAuthenticationProvider,
} from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

const { ROOT, TENANT_ID, PARTNER_ID, CLIENT_ID, CLIENT_SECRET, READER_ID, READER_SECRET } = process.env;
const SCOPE = `${ROOT}/.default`;

function credential(id, secret) {
  return new ClientSecretCredential(TENANT_ID, id, secret, { authorityHost: ROOT, disableInstanceDiscovery: true });
}

function graph(id, secret) {
  return Client.initWithMiddleware({
    authProvider: new TokenCredentialAuthenticationProvider(credential(id, secret), { scopes: [SCOPE] }),
    baseUrl: `${ROOT}/`,
    defaultVersion: "v1.0",
    customHosts: new Set(["localhost"]),
  });
}

const client = graph(CLIENT_ID, CLIENT_SECRET);
const reader = graph(READER_ID, READER_SECRET);

const steps = {
  async token() {
    const { token, expiresOnTimestamp } = await credential(CLIENT_ID, CLIENT_SECRET).getToken(SCOPE);
    const { tid, appid, aud, roles } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
    return { tid, appid, aud, roles: roles.length, expires: Math.floor(expiresOnTimestamp / 1000) };
  },

  async wrongSecret() {
    return credential(CLIENT_ID, "wrong").getToken(SCOPE);
  },

  async users() {
    const ids = [];
    const first = await client.api("/users").select("id,displayName").top(40).get();
    const iterator = new PageIterator(client, first, (user) => Boolean(ids.push(user.id)));
    await iterator.iterate();
    return { ids, onFirstPage: first.value.length };
  },

  async delta() {
    const ids = [];
    const first = await client.api("/users/delta").select("id").get();
    const iterator = new PageIterator(client, first, (user) => Boolean(ids.push(user.id)));
    await iterator.iterate();
    const later = await client.api(iterator.getDeltaLink()).get();
    return { ids, later: later.value };
  },

  async search() {
    const found = await client.api("/users").header("ConsistencyLevel", "eventual").search('"displayName:a"')
      .count(true).top(5).select("displayName").get();
    return { count: found["@odata.count"], names: found.value.map(({ displayName }) => displayName) };
  },

  async group() {
    const body = { displayName: "From JavaScript", mailEnabled: false, mailNickname: "fromjs", securityEnabled: true };
    const group = await client.api("/groups").post(body);
    const { value: [user] } = await client.api("/users").top(1).get();
    await client.api(`/groups/${group.id}/members/$ref`).post({ "@odata.id": `${ROOT}/v1.0/directoryObjects/${user.id}` });
    const members = await client.api(`/groups/${group.id}/members`).get();
    await client.api(`/groups/${group.id}`).patch({ description: "made by a client" });
    const changed = await client.api(`/groups/${group.id}`).select("description").get();
    await client.api(`/groups/${group.id}`).delete();
    return { added: user.id, members: members.value.map(({ id }) => id), description: changed.description };
  },

  async partner() {
    const path = `/policies/crossTenantAccessPolicy/partners/${PARTNER_ID}`;
    const partner = await client.api(path).get();
    const list = await client.api("/policies/crossTenantAccessPolicy/partners").get();
    return { consent: partner.automaticUserConsentSettings, partners: list.value.map(({ tenantId }) => tenantId) };
  },

  // Version 3.0.7 keeps the path of a request as it is, and a batch wants it without a version.
  async batch() {
    const content = new BatchRequestContent([
      { id: "1", request: new Request(`${ROOT}/organization?$select=id`, { method: "GET" }) },
      { id: "2", request: new Request(`${ROOT}/users/unknown`, { method: "GET" }), dependsOn: ["1"] },
      { id: "3", request: new Request(`${ROOT}/groups?$top=1`, { method: "GET" }), dependsOn: ["2"] },
    ]);
    const answers = new BatchResponseContent(await client.api("/$batch").post(await content.getContent()));
    const organization = await answers.getResponseById("1").json();
    const statuses = Object.fromEntries(["1", "2", "3"].map((id) => [id, answers.getResponseById(id).status]));
    const { error: failure } = await answers.getResponseById("2").json();
    return { statuses, organization: organization.value[0].id, failure };
  },

  async beta() {
    const { value: [user] } = await client.api("/users").version("beta").top(1).get();
    return Object.keys(user);
  },

  async missing() {
    return client.api("/users/11111111-2222-4333-8444-555555555555").get();
  },

  async forbidden() {
    return reader.api("/groups").post({ displayName: "No", mailEnabled: false, mailNickname: "no", securityEnabled: true });
  },

  async allowed() {
    return reader.api("/users").top(1).select("id").get();
  },

  async invalid() {
    return client.api("/users").filter("color eq 'red'").get();
  },

  async throttled() {
    return client.api("/organization").get();
  },
};

function described(error) {
  if (error instanceof GraphError) {
    const { statusCode, code, message, requestId, date } = error;
    return { kind: "GraphError", statusCode, code, message, requestId, date: date?.toISOString() };
  }
  return { kind: error.name, message: error.message, number: error.errorResponse?.errorCodes?.[0] };
}

const results = {};
for (const [name, step] of Object.entries(steps)) {
  try {
    results[name] = await step();
  } catch (error) {
    results[name] = { error: described(error) };
  }
}
process.stdout.write(JSON.stringify(results));
