import { DeclaredResources } from '../../src/resources/declared-resources.js';
import { Resources } from '../../src/resources/resources.service.js';
import { ADMINISTRATORS, ROLES } from '../../src/oauth/role.js';
import type { Scope } from '../../src/oauth/scope.js';
import { type Answer, OAuthClient, postForm, type Tokens } from './oauth-client.js';
import type { Person } from './people.js';
import type { TestServer } from './server.js';

export const FILES = 'https://files.example.com/mcp';
export const FILE_SCOPES: Scope[] = [
  { name: 'files:read', sentence: 'See your files', kind: 'read', implies: [], roles: ROLES },
  {
    name: 'files:write',
    sentence: 'Change your files',
    example: 'overwrite one',
    kind: 'change',
    implies: ['files:read'],
    roles: ROLES,
  },
  {
    name: 'files:share',
    sentence: 'Share files with the world',
    kind: 'change',
    implies: ['files:write'],
    roles: ADMINISTRATORS,
  },
];

/** The server of a declared resource, as it sees this one. */
export interface ResourceServer {
  readonly uri: string;
  readonly basic: string;
  introspect(token: string, headers?: Record<string, string>): Promise<Answer>;
}

/** Declares a resource and waits until the server knows it. */
export async function declareResource(
  server: TestServer,
  { uri = FILES, name = 'Files', scopes = FILE_SCOPES } = {},
): Promise<ResourceServer> {
  const credentials = await server.app.get(DeclaredResources, { strict: false }).declare({ uri, name, scopes });
  if (typeof credentials === 'string') throw new Error(`${uri} is declared already`);
  await server.app.get(Resources, { strict: false }).findNow(uri);
  const basic = `Basic ${Buffer.from(`${credentials.serverId}:${credentials.secret}`).toString('base64')}`;
  return {
    uri,
    basic,
    introspect: (token, headers = { authorization: basic }) =>
      postForm(`${server.origin}/mcp/oauth/introspect`, { token }, headers),
  };
}

/** From nothing to tokens for this resource. */
export async function connectTo(
  uri: string,
  client: OAuthClient,
  person: Person,
  parameters: Record<string, string | undefined> = {},
): Promise<Tokens> {
  const code = await client.code(person, { parameters: { resource: uri, ...parameters } });
  const { status, json } = await client.exchange(code, { resource: uri });
  if (status !== 200) throw new Error(`exchange failed: ${JSON.stringify(json)}`);
  return json as unknown as Tokens;
}
