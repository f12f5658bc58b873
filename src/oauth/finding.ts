import { visible, written } from './visible.js';

/** Every rule a request can break: where it is written, and what mends it. The log names both beside a support code. */
const RULES = {
  'parameter-form': ['RFC 6749 §3.1', 'send the parameter once, as text'],
  'body-form': ['RFC 6749 §3.2', 'send the parameters as application/x-www-form-urlencoded in the body'],
  'request-form': ['HTTP', 'use the method, address and content type of this endpoint'],
  'client-known': [
    'RFC 6749 §2.2',
    'remove the server from the tool and add it again, so that it registers anew; ids of another server or of a retired secret, and URLs where CIMD=off, end like this',
  ],
  'client-document': [
    'Client ID Metadata Documents',
    'let this server reach the host of the client_id, or set CIMD=off, so that tools register; else whoever publishes the document must mend it',
  ],
  'client-authentication-method': ['RFC 7591 §2', 'authenticate in the way the client registered, and in no other'],
  'client-secret': ['RFC 6749 §2.3.1', 'give the tool the current secret: client rotate-secret'],
  'client-assertion': ['RFC 7523 §3', 'sign a fresh assertion: this audience, iss and sub the client_id, a new jti'],
  'resource-server-credentials': ['RFC 7662 §2.1', 'use what resource create or resource rotate-secret printed'],
  'redirect-uri-form': [
    'RFC 6749 §3.1.2',
    'use https, http on a loopback address, or a private-use scheme that is allowed: PRIVATE_USE_REDIRECT_URIS',
  ],
  'redirect-uri-registered': [
    'RFC 6749 §3.1.2.3',
    'send one of the registered redirect URIs, equal but for the port of a loopback one; or register again with this one',
  ],
  'response-type': ['RFC 6749 §3.1.1', 'send response_type=code, and response_mode=query or none'],
  'no-request-object': ['RFC 9101', 'send the parameters in the query'],
  'state-length': ['this server', 'send a state of at most 4096 characters'],
  prompt: ['OpenID Connect Core §3.1.2.1', 'send no prompt, or one of login, consent, select_account'],
  'code-challenge': ['RFC 7636 §4.3', 'send code_challenge, 43 base64url characters, and code_challenge_method=S256'],
  'code-verifier-form': ['RFC 7636 §4.1', 'send the code_verifier, 43 to 128 unreserved characters'],
  'resource-known': [
    'RFC 8707 §2',
    'connect the tool to the exact URL of a resource; declare others with resource create',
  ],
  'one-resource': ['this server', 'ask for one resource at a time'],
  'resource-granted': ['RFC 8707 §2.2', 'send the resource of the authorization request, or none'],
  'scope-known': ['RFC 6749 §3.3', 'ask for scopes of the resource, or for none'],
  'scope-form': ['RFC 6749 §3.3', 'separate scopes by spaces; no quotes, no backslashes'],
  'scope-granted': [
    'RFC 6749 §6',
    'refresh with the approved scopes or fewer; ask for more at the authorization endpoint',
  ],
  'grant-type': ['RFC 6749 §5.2', 'use authorization_code or refresh_token'],
  'grant-type-registered': ['RFC 6749 §5.2', 'register with grant_types that contain refresh_token'],
  'code-known': ['RFC 6749 §4.1.3', 'redeem the very code of the redirect, at the server that sent it'],
  'code-proof': [
    'RFC 6749 §4.1.3, RFC 7636 §4.6',
    'redeem the code with the client_id, redirect_uri and code_verifier it was asked for with',
  ],
  'code-once': ['RFC 6749 §4.1.2', 'redeem a code once; the connection was ended, so connect again'],
  'code-life': ['RFC 6749 §4.1.2', 'redeem a code at once, while its person, organization and client stand'],
  'refresh-token-known': [
    'RFC 6749 §6',
    'refresh with the newest refresh token, as the client it was given to; or connect again',
  ],
  'refresh-token-once': [
    'OAuth 2.1 §4.3.1',
    'keep the refresh token of each answer before using it, in one place for all processes; the connection was ended, so connect again',
  ],
  'grant-stands': ['this server', 'connect again; the person, an administrator or time ended this connection'],
  'organization-policy': [
    'this server',
    'ask an owner or admin of the organization: its console says which tools may work there, under AI clients',
  ],
  'organization-stands': [
    'this server',
    'ask whoever runs this server to resume the organization, or connect for another one',
  ],
  'second-factor': [
    'this server',
    'prove a second factor, or set one up in Account, Security, then connect again; or connect for another organization',
  ],
  registration: ['RFC 7591 §2', 'mend the member that is named'],
  'feed-position': ['docs/resource-servers.md', 'follow the next of the page before, or begin without since'],
  'access-token': ['RFC 6750 §3.1', 'refresh, or connect again'],
  'access-token-sent-once': ['RFC 6750 §2', 'send the token in the Authorization header, once'],
  'access-token-scope': ['RFC 6750 §3.1', 'ask for the missing scopes at the authorization endpoint'],
  'scope-allowed': [
    'this server',
    'ask an owner or admin of the organization for another role, or to allow the client more, in its console under AI clients; asking the person again changes nothing',
  ],
  'page-of-this-browser': ['this server', 'open the link in the browser that began, with cookies allowed'],
  'page-in-time': ['this server', 'begin again from the tool; a request can be answered for an hour'],
  'page-of-this-person': ['this server', 'begin again from the tool, with one account'],
  'sign-up-open': ['this server', 'let anybody make an account with SIGN_UP=open, or make one with user create'],
  'log-in': ['this server', 'log in with an account of this server; a forgotten password can be replaced'],
  'organization-chosen': ['this server', 'choose an organization, or make one'],
  'person-approves': ['RFC 6749 §4.1.2.1', 'connect again and approve; the person denied the request'],
  'access-token-presented': ['RFC 6750 §2.1', 'send the access token in the Authorization header'],
  'link-of-this-person': ['this server', 'log out, and open the link again'],
  'link-usable': ['this server', 'ask for a new link; each works once, and for a time'],
  'answered-once': ['this server', 'begin again from the tool'],
  'decision-given': ['this server', 'press one of the buttons'],
  'form-of-this-session': ['CSRF', 'reload the page and send the form again'],
  'origin-allowed': [
    'MCP, Streamable HTTP',
    'pass the Host header through the proxy; allow web origins with MCP_ORIGINS',
  ],
  'database-reachable': ['this server', 'see the log; GET /health/ready tells when it is over'],
  capacity: ['this server', 'give it more processes, or the database more; see docs/scaling.md'],
  'server-fault': ['this server', 'report it, with the stack that follows'],
} as const;

export type Rule = keyof typeof RULES;

/** Where a rule is written. */
export const sectionOf = (rule: Rule): string => RULES[rule][0];

/**
 * Why something was refused, for whoever reads the log: which rule, and the values that were compared. The cause of an
 * error that is shown; it is never shown itself. Holds no secret: no code, token, password, verifier or state.
 */
export class Finding extends Error {
  constructor(
    readonly rule: Rule,
    readonly compared: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(rule, options);
  }

  /** One line: rule, where it is written, values, what mends it. */
  override toString(): string {
    const [section, fix] = RULES[this.rule];
    const values = Object.entries(this.compared).map(([name, value]) => `${name}=${shortened(value)}`);
    return [`${this.rule} (${section})`, values.join(' '), `fix: ${fix}`].filter(Boolean).join('; ');
  }
}

function shortened(value: unknown): string {
  return visible(value instanceof Error ? value.message : written(value), 300);
}
