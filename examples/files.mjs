import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** What a call of each tool needs. */
const SCOPES = { list_files: ['files:read'], write_file: ['files:write'] };
export const ALL_SCOPES = 'files:read files:write';

const files = new Map([['hello.txt', 'Hello.']]);

/** An MCP server with two tools; it has those that the token allows. */
export const handler = createMcpHandler(
  ({ authInfo }) => {
    const server = new McpServer({ name: 'files', version: '1.0.0' });
    if (authInfo.scopes.includes('files:read'))
      server.registerTool('list_files', { description: 'The names of your files' }, () =>
        text([...files.keys()].join('\n')),
      );
    if (authInfo.scopes.includes('files:write'))
      server.registerTool(
        'write_file',
        { description: 'Write a file', inputSchema: z.object({ name: z.string(), content: z.string() }) },
        ({ name, content }) => text(`${files.set(name, content).get(name).length} characters written`),
      );
    return server;
  },
  { legacy: 'stateless' },
);

/** Everything this message needs and the token does not have, so that the tool can ask for all of it at once. */
export function missingScopes(message, granted) {
  const calls = [message].flat().filter((one) => one?.method === 'tools/call');
  const needed = calls.flatMap((one) => SCOPES[one.params?.name] ?? []);
  return [...new Set(needed)].filter((scope) => !granted.includes(scope));
}

/** What the tools are told about the caller. */
export const authInfoOf = (claims) => ({
  token: '',
  clientId: claims.client_id,
  scopes: claims.scope.split(' '),
  expiresAt: claims.exp,
});

/** A WWW-Authenticate value (RFC 6750 §3, RFC 9728 §5.1). */
export function challenge(resource, parameters) {
  const { origin, pathname } = new URL(resource);
  const all = { ...parameters, resource_metadata: `${origin}/.well-known/oauth-protected-resource${pathname}` };
  return `Bearer ${Object.entries({ scope: ALL_SCOPES, ...all })
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`;
}

/** RFC 9728 §2. */
export const resourceMetadata = (resource, issuer) => ({
  resource,
  authorization_servers: [issuer],
  scopes_supported: ALL_SCOPES.split(' '),
  bearer_methods_supported: ['header'],
  resource_name: 'Files',
});

const text = (content) => ({ content: [{ type: 'text', text: content }] });
