import { afterAll, beforeAll, expect, it } from '@jest/globals';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { HttpBrowser } from '../support/http-browser.js';
import { OAuthClient } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
import { connectTo, declareResource } from '../support/resource-servers.js';
import { startServer, type TestServer } from '../support/server.js';

const REDIRECT_URI = 'http://127.0.0.1:53682/callback';
let server: TestServer;
let person: Person;
beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
});
afterAll(() => server?.close());

/** What the person does; the URL the tool is called back at. */
async function approved(authorizationUrl: URL): Promise<URL> {
  const browser = new HttpBrowser();
  let page = await browser.get(authorizationUrl.href);
  page = await browser.submit(page, 'Log in', { email: person.email, password: person.password });
  page = await browser.submit(page, 'Continue', { organization: person.organizationId });
  return new URL((await browser.submit(page, 'Approve')).leftTo!);
}

it.each(['none', 'client_secret_basic', 'client_secret_post'])(
  'oauth4webapi, which forgives nothing, with %s',
  async (method) => {
    const options = { [oauth.allowInsecureRequests]: true };
    const issuer = new URL(`${server.origin}/mcp`);
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' }),
    );
    const registration = await oauth.dynamicClientRegistrationRequest(
      as,
      { redirect_uris: [REDIRECT_URI], client_name: 'Strict', token_endpoint_auth_method: method },
      options,
    );
    const client = await oauth.processDynamicClientRegistrationResponse(registration);
    const secret = String(client['client_secret']);
    const authentication = {
      none: oauth.None(),
      client_secret_basic: oauth.ClientSecretBasic(secret),
      client_secret_post: oauth.ClientSecretPost(secret),
    }[method]!;
    const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
    const url = new URL(as.authorization_endpoint!);
    for (const [name, value] of Object.entries({
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      resource: `${server.origin}/mcp`,
    }))
      url.searchParams.set(name, value);
    // Throws when `iss` is advertised and missing, or `state` differs.
    const answer = oauth.validateAuthResponse(as, client, await approved(url), state);
    const exchanged = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authentication,
      answer,
      REDIRECT_URI,
      verifier,
      { ...options, additionalParameters: { resource: `${server.origin}/mcp` } },
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, exchanged);
    const refreshed = await oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token!, options),
    );
    const claims = await oauth.validateJwtAccessToken(
      as,
      new Request('http://localhost/', { headers: { authorization: `Bearer ${refreshed.access_token}` } }),
      `${server.origin}/mcp`,
      options,
    );
    expect(claims).toMatchObject({ sub: person.id, client_id: client.client_id });
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, authentication, refreshed.refresh_token!, options),
    );
    const dead = await oauth.refreshTokenGrantRequest(as, client, authentication, refreshed.refresh_token!, options);
    await expect(oauth.processRefreshTokenResponse(as, client, dead)).rejects.toMatchObject({ error: 'invalid_grant' });
  },
);

it('oauth4webapi as the server of another resource: verifies, and introspects', async () => {
  const options = { [oauth.allowInsecureRequests]: true };
  const files = await declareResource(server);
  const tool = await OAuthClient.register(server.origin);
  const { access_token: token } = await connectTo(files.uri, tool, person);
  const issuer = new URL(`${server.origin}/mcp`);
  const discovered = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' });
  const as = await oauth.processDiscoveryResponse(issuer, discovered);
  const request = new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } });
  const claims = await oauth.validateJwtAccessToken(as, request, files.uri, options);
  const [client_id, secret] = Buffer.from(files.basic.slice(6), 'base64').toString().split(':') as [string, string];
  for (const authentication of [oauth.ClientSecretBasic(secret), oauth.ClientSecretPost(secret)]) {
    const response = await oauth.introspectionRequest(as, { client_id }, authentication, token, options);
    expect(await oauth.processIntrospectionResponse(as, { client_id }, response)).toMatchObject({
      active: true,
      ...claims,
    });
  }
});

it('openid-client registers, connects, refreshes and revokes', async () => {
  const config = await openid.dynamicClientRegistration(
    new URL(`${server.origin}/mcp`),
    { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' },
    openid.None(),
    { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
  );
  const [verifier, state] = [openid.randomPKCECodeVerifier(), openid.randomState()];
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    state,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    resource: `${server.origin}/mcp`,
  });
  const tokens = await openid.authorizationCodeGrant(
    config,
    await approved(url),
    { pkceCodeVerifier: verifier, expectedState: state },
    { resource: `${server.origin}/mcp` },
  );
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token!);
  expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
  await openid.tokenRevocation(config, refreshed.access_token);
  await expect(openid.refreshTokenGrant(config, refreshed.refresh_token!)).rejects.toMatchObject({
    error: 'invalid_grant',
  });
});
