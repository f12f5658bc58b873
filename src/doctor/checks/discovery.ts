import { bad, type Check, faultOf, good, inShort, type Observation } from '../examination.js';
import type { Fault } from '../faults.js';
import { type Answer, visit } from '../visit.js';

const REQUIRED = ['authorization_endpoint', 'token_endpoint', 'registration_endpoint', 'jwks_uri'];

/** The way from the resource to its authorization server (RFC 9728 §3, RFC 8414 §3), as strict tools go it. */
export const discovery: Check = async function* (patient) {
  const { url, origin } = patient;
  const path = new URL(url).pathname.replace(/\/$/, '');
  for (const address of [`/.well-known/oauth-protected-resource${path}`, '/.well-known/oauth-protected-resource']) {
    const answer = await visit(origin + address);
    const fault = metadataFault(answer, 'resource-metadata-missing');
    if (fault) return yield bad(address, fault, inShort(answer));
    const { resource, authorization_servers: servers } = answer.json!;
    if (resource !== url.replace(/\/$/, ''))
      return yield bad(address, 'resource-other', `resource is ${String(resource)}`);
    if (!Array.isArray(servers) || servers.length === 0)
      return yield bad(address, 'metadata-incomplete', 'no authorization_servers');
    yield good(address);
  }
  const issuer = origin + path;
  for (const address of [`/.well-known/oauth-authorization-server${path}`, '/.well-known/oauth-authorization-server']) {
    const answer = await visit(origin + address);
    const fault = metadataFault(answer, 'server-metadata-missing');
    if (fault) return yield bad(address, fault, inShort(answer));
    yield judge(address, answer.json!, issuer, origin);
    patient.server ??= answer.json;
  }
  for (const address of [`/.well-known/openid-configuration${path}`, `${path}/.well-known/openid-configuration`]) {
    const answer = await visit(origin + address);
    const isRight = answer.status === 404 && answer.json !== undefined;
    yield isRight ? good(`${address}: not there`) : bad(address, 'unknown-well-known-failing', inShort(answer));
  }
};

function metadataFault(answer: Answer, missing: Fault): Fault | undefined {
  if (answer.status >= 300 && answer.status < 400) return 'metadata-redirected';
  if (answer.status !== 200) return faultOf(answer, missing);
  if (answer.json) return undefined;
  return /<html/i.test(answer.text) ? 'blocked-before' : 'metadata-not-json';
}

function judge(address: string, json: NonNullable<Answer['json']>, issuer: string, origin: string): Observation {
  if (json['issuer'] !== issuer)
    return bad(address, 'issuer-other', `issuer is ${String(json['issuer'])}, not ${issuer}`);
  const missing = REQUIRED.filter((name) => typeof json[name] !== 'string');
  const lists = {
    response_types_supported: 'code',
    code_challenge_methods_supported: 'S256',
    token_endpoint_auth_methods_supported: 'none',
  };
  for (const [name, value] of Object.entries(lists))
    if (![json[name]].flat().includes(value)) missing.push(`${name} with ${value}`);
  if (missing.length > 0) return bad(address, 'metadata-incomplete', `without ${missing.join(', ')}`);
  const elsewhere = REQUIRED.find((name) => new URL(json[name] as string).origin !== origin);
  return elsewhere ? bad(address, 'public-url-wrong', `${elsewhere} is ${String(json[elsewhere])}`) : good(address);
}
