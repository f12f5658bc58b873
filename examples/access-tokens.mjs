import { createRemoteJWKSet, jwtVerify } from 'jose';

const POLL_MS = 500;

/**
 * Verifies access tokens for one resource (RFC 9068 §4), and follows the revocation feed, so that a connection somebody
 * ended is refused here within two seconds without a call per request. While the feed cannot be read, each token is
 * asked about instead (RFC 7662).
 */
export class AccessTokens {
  #dead = new Map();
  #next = '0';
  #completeUntil = 0;

  /** `issuer`: of bkend MCP Auth. `resource`: this server's own URI. `clientId`, `clientSecret`: of "resource create". */
  constructor(options) {
    Object.assign(this, options);
  }

  async start() {
    const { origin, pathname } = new URL(this.issuer);
    const metadata = await fetch(`${origin}/.well-known/oauth-authorization-server${pathname}`);
    this.server = await metadata.json();
    if (this.server.issuer !== this.issuer) throw new Error(`${this.server.issuer} is not ${this.issuer}`);
    this.keys = createRemoteJWKSet(new URL(this.server.jwks_uri));
    await this.#follow();
    return this;
  }

  /** The claims of a live token; undefined for any other. */
  async verify(token) {
    const expected = { issuer: this.issuer, audience: this.resource, typ: 'at+jwt', algorithms: ['ES256'] };
    try {
      const { payload } = await jwtVerify(token, this.keys, { ...expected, requiredClaims: ['exp', 'sid', 'scope'] });
      return (await this.#isDead(payload.sid, token)) ? undefined : payload;
    } catch (error) {
      if (error.code?.startsWith('ERR_J')) return undefined;
      throw error;
    }
  }

  async #isDead(sid, token) {
    if (this.#dead.has(sid)) return true;
    if (Date.now() / 1000 < this.#completeUntil) return false;
    const basic = Buffer.from(`${this.clientId}:${this.clientSecret}`).toString('base64');
    const response = await fetch(this.server.introspection_endpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ token }),
    });
    if (!response.ok) throw new Error(`introspection answered ${response.status}`);
    return !(await response.json()).active;
  }

  async #follow() {
    await this.#read().catch((error) => console.error(`The revocation feed: ${error.message}`));
    setTimeout(() => this.#follow(), POLL_MS).unref();
  }

  async #read() {
    for (let more = true; more;) {
      const url = `${this.server.revocation_feed_endpoint}?since=${this.#next}`;
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      if (!response.ok) throw new Error(`answered ${response.status}`);
      const expected = { issuer: this.issuer, typ: 'revocations+jwt', algorithms: ['ES256'] };
      const { payload } = await jwtVerify(await response.text(), this.keys, expected);
      for (const { sid, until } of payload.revoked) this.#dead.set(sid, until);
      ({ next: this.#next, more } = payload);
      if (!more) this.#completeUntil = payload.exp;
    }
    for (const [sid, until] of this.#dead) if (until < Date.now() / 1000) this.#dead.delete(sid);
  }
}
