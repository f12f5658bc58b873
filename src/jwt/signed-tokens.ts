import { type KeyObject, sign, verify } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { KeyRing, SIGNING_ALGORITHM } from './key-ring.js';

/** ES256 by node:crypto: SHA-256, and r ‖ s instead of DER (RFC 7518 §3.4). */
const HASH = 'sha256';
const es256 = (key: KeyObject) => ({ key, dsaEncoding: 'ieee-p1363' }) as const;

/** Header, payload and 64 bytes of signature (RFC 7515 §7.1, RFC 7518 §3.4). */
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/;

/** What a token says, and the key that signed it. */
export interface Signed<Claims = Readonly<Record<string, unknown>>> {
  readonly claims: Claims;
  readonly kid: string;
}

/**
 * JWTs (RFC 7519) signed with the key ring, told apart by their `typ` (RFC 8725 §3.11). The algorithm is ours to say,
 * never the token's; so is the key: what a header brings along or points to is not looked at.
 */
@Injectable()
export class SignedTokens {
  constructor(private readonly keys: KeyRing) {}

  /** The claims as a token of this type, signed with the current key. */
  sign(typ: string, claims: object): string {
    const { kid, privateKey } = this.keys.current();
    const text = `${encoded({ alg: SIGNING_ALGORITHM, typ, kid })}.${encoded(claims)}`;
    return `${text}.${sign(HASH, Buffer.from(text), es256(privateKey)).toString('base64url')}`;
  }

  /** What a token of this type says that a key of the ring signed, whatever it says; undefined for any other text. */
  read(typ: string, token: string): Signed | undefined {
    const [, header = '', payload = '', signature = ''] = COMPACT.exec(token) ?? [];
    const kid = this.keyId(typ, decoded(header));
    const key = kid === undefined ? undefined : this.keys.publicKey(kid);
    if (!key || !verify(HASH, Buffer.from(`${header}.${payload}`), es256(key), Buffer.from(signature, 'base64url')))
      return undefined;
    const claims = decoded(payload);
    return claims && { claims, kid: kid! };
  }

  /** RFC 7515 §4.1.11: no `crit` is understood here. */
  private keyId(typ: string, header: Readonly<Record<string, unknown>> | undefined): string | undefined {
    const ours = header?.['typ'] === typ && header['alg'] === SIGNING_ALGORITHM && !('crit' in header);
    return ours && typeof header['kid'] === 'string' ? header['kid'] : undefined;
  }
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JSON object in base64url; undefined for anything else. */
export function decoded(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
