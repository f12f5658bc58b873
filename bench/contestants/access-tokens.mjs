import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

/** What a server that checks signatures takes. @param {import('node:crypto').KeyObject} privateKey @param {string} audience @param {number} count @returns {Promise<string[]>} */
export function accessTokens(privateKey, audience, count) {
  return Promise.all(
    Array.from({ length: count }, () =>
      new SignJWT({ client_id: 'bench', scope: 'things', jti: randomUUID() })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
        .setAudience(audience)
        .setExpirationTime('1h')
        .sign(privateKey),
    ),
  );
}
