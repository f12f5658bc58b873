import express from 'express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { AccessTokens } from './access-tokens.mjs';
import { authInfoOf, challenge, handler, missingScopes, resourceMetadata } from './files.mjs';

const { ISSUER, RESOURCE, CLIENT_ID, CLIENT_SECRET, PORT = '8080' } = process.env;
const tokens = await new AccessTokens({
  issuer: ISSUER,
  resource: RESOURCE,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
}).start();
const serve = toNodeHandler(handler);
const app = express().disable('x-powered-by');

app.get('/.well-known/oauth-protected-resource/mcp', (_, response) =>
  response.json(resourceMetadata(RESOURCE, ISSUER)),
);

/** Who calls is asked before what they say. */
async function authenticate(request, response, next) {
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const claims = token && (await tokens.verify(token));
  if (claims) {
    request.auth = authInfoOf(claims);
    return next();
  }
  const error = token ? { error: 'invalid_token', error_description: 'The access token is not valid here' } : {};
  response.status(401).set('WWW-Authenticate', challenge(RESOURCE, error)).json(error);
}

function authorize(request, response, next) {
  const scope = missingScopes(request.body, request.auth.scopes).join(' ');
  if (!scope) return next();
  const error = { error: 'insufficient_scope', scope };
  response.status(403).set('WWW-Authenticate', challenge(RESOURCE, error)).json(error);
}

app.all('/mcp', authenticate, express.json(), authorize, (request, response) => serve(request, response, request.body));

app.listen(Number(PORT), '127.0.0.1', () => console.log(`${RESOURCE} is ready.`));
