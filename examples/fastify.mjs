import Fastify from 'fastify';
import { toWebRequest } from '@modelcontextprotocol/node';
import { AccessTokens } from './access-tokens.mjs';
import { authInfoOf, challenge, handler, missingScopes, resourceMetadata } from './files.mjs';

const { ISSUER, RESOURCE, CLIENT_ID, CLIENT_SECRET, PORT = '8080' } = process.env;
const tokens = await new AccessTokens({
  issuer: ISSUER,
  resource: RESOURCE,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
}).start();
const app = Fastify();

app.get('/.well-known/oauth-protected-resource/mcp', () => resourceMetadata(RESOURCE, ISSUER));

/** Who calls is asked before what they say. */
async function authenticate(request, reply) {
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const claims = token && (await tokens.verify(token));
  if (claims) return void (request.authInfo = authInfoOf(claims));
  const error = token ? { error: 'invalid_token', error_description: 'The access token is not valid here' } : {};
  return reply.status(401).header('WWW-Authenticate', challenge(RESOURCE, error)).send(error);
}

async function authorize(request, reply) {
  const scope = missingScopes(request.body, request.authInfo.scopes).join(' ');
  if (!scope) return;
  const error = { error: 'insufficient_scope', scope };
  return reply.status(403).header('WWW-Authenticate', challenge(RESOURCE, error)).send(error);
}

app.decorateRequest('authInfo', null);
app.all('/mcp', { onRequest: authenticate, preHandler: authorize }, async (request, reply) => {
  const { body: parsedBody, authInfo } = request;
  const webRequest = await toWebRequest(request.raw, parsedBody ?? null);
  return reply.send(await handler.fetch(webRequest, { authInfo, ...(parsedBody && { parsedBody }) }));
});

await app.listen({ port: Number(PORT), host: '127.0.0.1' });
console.log(`${RESOURCE} is ready.`);
